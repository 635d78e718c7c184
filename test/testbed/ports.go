// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

// Ports are below the range that the kernel uses for outgoing connections (32768 upwards on Linux). Therefore, the port of a stopped
// server is free when it starts again, and a client that retries cannot connect to itself. Each process has its own range, so that
// other tests cannot use the port of a stopped server.
const (
	lowestPort    = 20000
	portsInRange  = 500
	numPortRanges = 24
)

// portRange is a range of ports that this process has locked.
type portRange struct {
	first int
	next  atomic.Int64
	lock  *os.File // released at the end of the process
}

var processPorts = sync.OnceValues(lockPortRange)

func lockPortRange() (*portRange, error) {
	var last error
	for _, i := range rand.Perm(numPortRanges) {
		f, err := os.OpenFile(filepath.Join(os.TempDir(), fmt.Sprintf("cobaltcore-exporter-ports-%d.lock", i)), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			last = err
			continue
		}
		if last = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); last == nil {
			return &portRange{first: lowestPort + i*portsInRange, lock: f}, nil
		}
		_ = f.Close()
	}
	return nil, fmt.Errorf("testbed: no range of ports is free: %w", last)
}

// FreePorts returns n different free TCP ports of 127.0.0.1. A port is reused only after all other ports of the process.
func FreePorts(n int) ([]int, error) {
	r, err := processPorts()
	if err != nil {
		return nil, err
	}
	ports := make([]int, 0, n)
	for range portsInRange {
		if len(ports) == n {
			return ports, nil
		}
		port := r.first + int(r.next.Add(1)-1)%portsInRange
		l, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return nil, fmt.Errorf("testbed: only %d of %d ports are free", len(ports), n)
}

// freePortPair returns the first of two consecutive free ports.
func freePortPair() (int, error) {
	for range portsInRange / 2 {
		ports, err := FreePorts(2)
		if err != nil {
			return 0, err
		}
		if ports[1] == ports[0]+1 {
			return ports[0], nil
		}
	}
	return 0, errors.New("testbed: no two ports in a row are free")
}

// loopback returns the address of a port on 127.0.0.1.
func loopback(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}
