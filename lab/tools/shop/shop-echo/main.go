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
	"syscall"
	"time"
)

// datagrams answers from the address that was asked: on a host with several, the kernel would choose the one that is
// nearest to the asker, who then drops the answer of a stranger.
func datagrams(port string) error {
	address, err := net.ResolveUDPAddr("udp", port)
	if err != nil {
		return err
	}
	socket, err := net.ListenUDP("udp", address)
	if err != nil {
		return err
	}
	if err := tellAddresses(socket); err != nil {
		return err
	}
	buffer, asked := make([]byte, 65535), make([]byte, 128)
	for {
		n, noted, _, peer, err := socket.ReadMsgUDP(buffer, asked)
		if err == nil {
			_, _, err = socket.WriteMsgUDP(buffer[:n], asked[:noted], peer)
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
	}
}

// tellAddresses makes the kernel say with each datagram which address it was sent to (ipv6(7), IPV6_RECVPKTINFO; of
// IPv4, the address comes mapped).
func tellAddresses(socket *net.UDPConn) error {
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var refused error
	err = raw.Control(func(descriptor uintptr) {
		refused = syscall.SetsockoptInt(int(descriptor), syscall.IPPROTO_IPV6, syscall.IPV6_RECVPKTINFO, 1)
	})
	return errors.Join(err, refused)
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
