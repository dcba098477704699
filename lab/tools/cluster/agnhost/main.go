// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// agnhost, the server and client of Kubernetes' own network tests, without the commands that need the API: those are most
// of its size, and cyclonus starts it for each of its probes.
package main

import (
	"os"

	"github.com/spf13/cobra"
	"k8s.io/kubernetes/test/images/agnhost/connect"
	"k8s.io/kubernetes/test/images/agnhost/dns"
	"k8s.io/kubernetes/test/images/agnhost/net"
	"k8s.io/kubernetes/test/images/agnhost/netexec"
	"k8s.io/kubernetes/test/images/agnhost/pause"
	"k8s.io/kubernetes/test/images/agnhost/porter"
	servehostname "k8s.io/kubernetes/test/images/agnhost/serve-hostname"
	tcpreset "k8s.io/kubernetes/test/images/agnhost/tcp-reset"
)

func main() {
	root := &cobra.Command{Use: "agnhost"}
	root.AddCommand(
		connect.CmdConnect, dns.CmdDNSServerList, dns.CmdDNSSuffix, dns.CmdEtcHosts, net.CmdNet, netexec.CmdNetexec,
		pause.CmdPause, porter.CmdPorter, servehostname.CmdServeHostname, tcpreset.CmdTCPReset,
	)
	if root.Execute() != nil {
		os.Exit(1)
	}
}
