import Diagnosing
import FoundationEssentials

/// The known issues that ship with the program.
package enum KnownIssueLibrary {
    /// Each is a file of its own in `KnownIssues/`; a file that cannot be read is left out, and a
    /// test says so.
    package static var all: [KnownIssue] {
        let decoder = JSONDecoder()
        return files.compactMap { try? decoder.decode(KnownIssue.self, from: Data($0)) }
    }

    /// How many there are, read or not.
    package static var fileCount: Int { files.count }

    private static var files: [[UInt8]] {
        [
            PackageResources.asymmetric_path_json,
            PackageResources.bridge_answers_untranslated_json,
            PackageResources.conntrack_calls_answer_invalid_json,
            PackageResources.ecn_blocked_json,
            PackageResources.hast_connection_not_handed_over_json,
            PackageResources.idle_limit_of_cloud_gateways_json,
            PackageResources.invalid_segment_untranslated_json,
            PackageResources.ipvs_idle_limit_json,
            PackageResources.isn_translated_one_way_json,
            PackageResources.kube_proxy_dead_endpoint_json,
            PackageResources.linux_accept_queue_overflow_json,
            PackageResources.vxlan_checksum_offload_json,
            PackageResources.netbackup_hand_back_json,
            PackageResources.f5_reset_cause_json,
            PackageResources.netscaler_reset_code_json,
            PackageResources.nfs_ganesha_closes_at_once_json,
            PackageResources.nfs_low_isn_reconnect_json,
            PackageResources.nfs_reconnect_same_port_dropped_json,
            PackageResources.own_filter_drops_invalid_json,
            PackageResources.premature_close_json,
            PackageResources.options_stripped_on_the_way_json,
            PackageResources.packet_of_death_json,
            PackageResources.reused_port_dropped_json,
            PackageResources.rhel_6_9_sunrpc_syn_burst_json,
            PackageResources.small_stack_wrong_refusal_json,
            PackageResources.snat_port_race_json,
            PackageResources.split_clienthello_json,
            PackageResources.stale_connection_on_peer_json,
            PackageResources.syn_retry_rebalanced_json,
            PackageResources.tcp_defer_accept_json,
            PackageResources.tcp_tw_recycle_behind_nat_json,
            PackageResources.unexpected_eof_without_close_notify_json,
            PackageResources.untranslated_answer_json,
            PackageResources.upload_refused_without_reading_json,
            PackageResources.windows_listen_backlog_json,
            PackageResources.sshd_max_startups_json,
            PackageResources.sshd_source_penalty_json,
            PackageResources.postgresql_too_many_clients_json,
            PackageResources.postgresql_pg_hba_json,
            PackageResources.mysql_too_many_connections_json,
            PackageResources.mysql_host_refused_json,
            PackageResources.mysql_wait_timeout_json,
            PackageResources.redis_maxclients_json,
            PackageResources.redis_protected_mode_json,
            PackageResources.proxy_protocol_not_expected_json,
            PackageResources.grpc_to_http1_json,
        ]
    }
}
