/// Names of services by port, for ports of which the name says something (IANA registry).
package enum WellKnownService {
    private static let names: [UInt16: String] = [
        20: "ftp-data", 21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "domain", 80: "http",
        88: "kerberos", 110: "pop3", 111: "sunrpc", 135: "epmap", 139: "netbios-ssn", 143: "imap",
        179: "bgp", 389: "ldap", 443: "https", 445: "microsoft-ds", 465: "submissions",
        514: "shell", 554: "rtsp", 587: "submission", 631: "ipp", 636: "ldaps", 860: "iscsi",
        873: "rsync", 990: "ftps", 993: "imaps", 995: "pop3s", 1433: "ms-sql-s", 1521: "oracle",
        1556: "veritas-pbx", 1883: "mqtt", 2049: "nfs", 2379: "etcd-client", 3260: "iscsi-target",
        3306: "mysql", 3389: "ms-wbt-server", 4420: "nvme", 5060: "sip", 5432: "postgresql",
        5672: "amqp", 5900: "rfb", 5985: "wsman", 6379: "redis", 6443: "kubernetes-api",
        8080: "http-alt", 8443: "https-alt", 9092: "kafka", 9200: "elasticsearch", 10250: "kubelet",
        11211: "memcache", 27017: "mongodb",
    ]

    package static func name(_ port: UInt16) -> String? { names[port] }
}
