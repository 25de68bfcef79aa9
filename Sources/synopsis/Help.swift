import Tracking

/// The texts that meet a user first, set by hand so that they fit a screen of 24 lines.
enum Help {
    static let terminal = """
        synopsis says why TCP connections fail to come up, with the packets that prove it.

          synopsis FILE...                analyse captures (pcap, pcapng; - is standard input)
          synopsis live -i INTERFACE      the same as packets arrive; Ctrl-C ends with the report
          synopsis interfaces             what can be captured on, and whether you may
          synopsis explain [PATHOLOGY]    the catalogue, or the manual page of one
          synopsis schema                 the JSON Schema of --format json

        Examples
          synopsis nfs.pcap
          ssh host tcpdump -U -w - | synopsis -
          synopsis nfs.pcap --format json | jq -r '.incidents[].incident.verdict'

        Options
          --format text|json  -o FILE     what to write, and where; --force overwrites a capture
          --flows  --all                  list every connection; do not fold timelines
          -f BPF  -c COUNT                only packets that match; stop after so many
          --only ID  --ignore ID          look only for a pathology, or not for it
          --min-severity S  --fail-on S   note, warning or error: leave out below, exit 1 from
          --time-zone ZONE  --color WHEN  as TZ names it; auto, always or never
          --at TIME                       the last packets of each flow before an instant
          --log FILE  --log-offset S      lines of other logs beside the packets; their clocks moved
          --max-flows N  --threads N      bounds for memory and for cores
          -q  -v  --no-sandbox            no progress line; date the report; keep all rights
          --version  -h, --help           'synopsis analyze --help' says more of each

        Exit status: 0 analysed; 1 findings reached --fail-on; 2 wrong usage, or the input could
        not be read to its end (what could be read is reported).

        """

    static let firstSteps: ShownText = """
        synopsis reads a packet capture and says why TCP connections fail to come up.

          synopsis FILE...                analyse capture files (pcap or pcapng)
          synopsis live -i INTERFACE      analyse packets as they arrive
          tcpdump -U -w - | synopsis -    analyse what another program captures
          synopsis explain                the catalogue of what it finds
          synopsis --help                 everything else

        """
}
