// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// The echo of the shop: gives back what it gets, byte for byte, over UDP and TCP on one port.
package main

import (
	"errors"
	"flag"
	"io"
	"log"
	"net"
	"time"
)

func datagrams(port string) error {
	socket, err := net.ListenPacket("udp", port)
	if err != nil {
		return err
	}
	for buffer := make([]byte, 65535); ; {
		n, peer, err := socket.ReadFrom(buffer)
		if err == nil {
			_, err = socket.WriteTo(buffer[:n], peer)
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
	}
}

func streams(port string) error {
	listener, err := net.Listen("tcp", port)
	if err != nil {
		return err
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer connection.Close()
			connection.SetDeadline(time.Now().Add(time.Minute))
			io.Copy(connection, connection)
		}()
	}
}

func main() {
	port := flag.String("listen", ":7007", "address and port")
	flag.Parse()
	go func() { log.Fatal(datagrams(*port)) }()
	log.Fatal(streams(*port))
}
