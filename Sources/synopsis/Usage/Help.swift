import Tracking

/// The texts that meet a user first, set by hand so that they fit a screen of 24 lines.
enum Help {
    static let terminal = """
        synopsis says why TCP connections fail to come up, and shows the packets.

          synopsis FILE...              analyse captures (- is standard input)
          synopsis live -i INTERFACE    the same as packets arrive, until Ctrl-C
          synopsis interfaces           what can be captured on, and whether you may
          synopsis explain [PATHOLOGY]  the catalogue, or the manual page of one
          synopsis schema               the JSON Schema of --format json

        Examples
          synopsis nfs.pcap
          ssh host tcpdump -U -w - | synopsis -
          synopsis nfs.pcap --format json | jq -r '.incidents[].incident.verdict'

        Options ('synopsis analyze --help' says more of each)
          --top N  --incident N  --all  --short   which incidents, and how fully
          --flows  --statistics                   connections; a count per pathology
          --format F  -o FILE  --force            text, html, markdown, csv, json
          -f BPF  -c N  --only ID  --ignore ID    only some packets, or pathologies
          --min-severity S  --fail-on S           leave out below; exit 1 from
          --at TIME  --log FILE  --log-offset S   before an instant; beside logs
          --config FILE  --known-issues DIR       what you ignore, and know yourselves
          --hosts FILE                            names beside addresses
          --width N  --wide  --color W  --no-pager  the page and its rows
          --time-zone Z  --max-flows N  --threads N  -q  -v  --version  -h  --help
          -r FILE  -n  --no-sandbox               as tcpdump has them; keep all rights

        Exit status: 0 analysed; 1 findings reached --fail-on; 2 wrong usage, or
        the input could not be read to its end (what could be read is reported).

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
