// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are taken from below the range that the kernel uses for outgoing connections
// (32768 upwards on Linux): a stopped server finds its port free when it starts again,
// and no client that keeps trying to connect to it can come to talk to itself.
const (
	lowestPort  = 20000
	highestPort = 32000
)

// FreePorts returns n different TCP ports of 127.0.0.1 that nobody listened on just now.
func FreePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	var listeners []net.Listener
	var last error
	for attempts := 0; len(ports) < n && attempts < 100+10*n; attempts++ {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		l, err := net.Listen("tcp", loopback(port))
		if err != nil {
			last = err
			continue
		}
		listeners = append(listeners, l) // open until the end, so that no port comes twice
		ports = append(ports, port)
	}
	for _, l := range listeners {
		last = errors.Join(last, l.Close())
	}
	if len(ports) < n {
		return nil, fmt.Errorf("testbed: only %d of %d ports are free: %w", len(ports), n, last)
	}
	return ports, nil
}

// loopback returns the address of a port on 127.0.0.1.
func loopback(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}
