// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// The ledger of the shop: lines over TCP. PING is answered with PONG and the Pod's name, any other line is repeated.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"time"
)

func serve(connection net.Conn, pod string) {
	defer connection.Close()
	lines := bufio.NewScanner(connection)
	for connection.SetDeadline(time.Now().Add(time.Minute)); lines.Scan(); {
		line := lines.Text()
		if line == "PING" {
			line = "PONG"
		}
		fmt.Fprintf(connection, "%s %s\n", line, pod)
	}
}

func main() {
	pod, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", ":7000")
	if err != nil {
		log.Fatal(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(connection, pod)
	}
}
