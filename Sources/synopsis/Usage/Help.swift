import Tracking

/// The texts that meet a user first, set by hand so that they fit a screen of 24 lines.
enum Help {
    static let terminal = """
        synopsis explains why TCP connections fail, and shows the packets.

          synopsis FILE...              analyse captures (- is standard input)
          synopsis live -i INTERFACE    the same as packets arrive, until Ctrl-C
          synopsis interfaces           list interfaces, and whether you may capture
          synopsis explain [PATHOLOGY]  list all pathologies, or explain one
          synopsis anonymise IN OUT     a capture without addresses and names
          synopsis schema               the JSON Schema of --format json

        Examples
          synopsis nfs.pcap
          synopsis nfs.pcap --format json | jq -r '.incidents[].incident.verdict'

        Options ('synopsis analyze --help' describes each)
          --top N  --incident N  --all  --short   which incidents, in what detail
          --flows  --statistics                   connections; a count per pathology
          --format F  -o FILE  --force            text, html, markdown, csv, json
          -f BPF  -c N  --only ID  --ignore ID    select packets or pathologies
          --min-severity S  --fail-on S  -r FILE  -n  --no-sandbox
          --at TIME  --log FILE  --log-offset S   an instant; logs beside packets
          --config FILE  --known-issues DIR  --hosts FILE  --quote   knowledge, names
          --annotate FILE  --annotate-all         the diagnosis as packet comments
          --anonymise  --anonymise-key FILE  --log-keep   other addresses and names
          --width N  --wide  --color W  --no-pager  layout
          --time-zone Z  --max-flows N  --threads N  -q  -v  --version  -h  --help

        Exit status: 0 analysed; 1 findings reached --fail-on; 2 wrong usage, or
        the input could not be read to its end (what was read is reported).

        """

    static let firstSteps: ShownText = """
        synopsis reads a packet capture and explains why TCP connections fail.

          synopsis FILE...                analyse capture files (pcap or pcapng)
          synopsis live -i INTERFACE      analyse packets as they arrive
          tcpdump -U -w - | synopsis -    analyse what another program captures
          synopsis explain                list what it finds
          synopsis --help                 everything else

        """
}
