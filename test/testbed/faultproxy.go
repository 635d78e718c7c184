// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// stopTimeout is how long a proxy may take to close its port and its connections.
const stopTimeout = 30 * time.Second

// FaultProxy stands before the API server of a cluster and injects faults: toxiproxy those of a
// connection, an HTTPS server with its own CA those of a request.
type FaultProxy struct {
	Name       string
	Kubeconfig string // path of a kubeconfig file of an administrator who goes through the proxy

	address string
	server  *toxiproxy.ApiServer
	tcp     *toxiproxy.Proxy // a new one each time the port opens; nil while it is closed
	closed  chan struct{}    // closed with the port
	front   *faultFront
	ca      []byte
}

// StartFaultProxy starts a proxy with its files in dir/name. It lives until Stop.
func StartFaultProxy(dir, name string, cluster *Cluster) (*FaultProxy, error) {
	p, err := startFaultProxy(dir, name, cluster)
	if err != nil {
		return nil, fmt.Errorf("testbed: fault proxy %s: %w", name, err)
	}
	return p, nil
}

func startFaultProxy(dir, name string, cluster *Cluster) (*FaultProxy, error) {
	dir = filepath.Join(dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	certificates, err := newFaultCertificates()
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	p := &FaultProxy{
		Name: name, Kubeconfig: filepath.Join(dir, "kubeconfig"), ca: certificates.ca, address: loopback(ports[0]),
		server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()),
	}
	if p.front, err = startFaultFront(cluster, certificates); err != nil {
		return nil, err
	}
	if err := p.open(Healthy); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	if err := p.SetToken(adminToken); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// SetToken puts another token into the kubeconfig, in one step.
func (p *FaultProxy) SetToken(token string) error {
	config := clientcmdapi.NewConfig()
	config.Clusters[p.Name] = &clientcmdapi.Cluster{Server: "https://" + p.address, CertificateAuthorityData: p.ca}
	config.AuthInfos["user"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts[p.Name] = &clientcmdapi.Context{Cluster: p.Name, AuthInfo: "user"}
	config.CurrentContext = p.Name
	if err := clientcmd.WriteToFile(*config, p.Kubeconfig+".new"); err != nil {
		return err
	}
	return os.Rename(p.Kubeconfig+".new", p.Kubeconfig)
}

// Set replaces the current fault.
func (p *FaultProxy) Set(f Fault) error {
	p.front.fault.Store(f)
	if p.tcp != nil && (f == BlackHole || f == Latency) {
		return nil // for open connections, too
	}
	if err := p.close(); err != nil || f == Refused {
		return err
	}
	return p.open(f)
}

// Heal removes the fault.
func (p *FaultProxy) Heal() error { return p.Set(Healthy) }

// CloseConnections ends all connections and keeps the fault.
func (p *FaultProxy) CloseConnections() error {
	if err := p.close(); err != nil {
		return err
	}
	return p.open(p.front.currentFault())
}

// open opens the port. What happens on a connection is part of its links from the start: toxiproxy waits
// forever when it adds a toxic to a link, or removes one, whose writer has just failed.
func (p *FaultProxy) open(f Fault) error {
	p.tcp, p.closed = toxiproxy.NewProxy(p.server, p.Name, p.address, p.front.address), make(chan struct{})
	err := addFaultToxics(p.tcp.Toxics, p.front.currentFault, p.closed, f)
	if err == nil {
		err = p.tcp.Start()
	}
	if err != nil {
		p.tcp = nil
	}
	return err
}

// close closes the port and ends all connections.
func (p *FaultProxy) close() error {
	if p.tcp == nil {
		return nil
	}
	close(p.closed)
	stopped := make(chan struct{})
	go func(tcp *toxiproxy.Proxy) { tcp.Stop(); close(stopped) }(p.tcp)
	p.tcp = nil
	deadline := time.NewTimer(stopTimeout)
	defer deadline.Stop()
	select {
	case <-stopped:
		return nil
	case <-deadline.C:
		stacks := make([]byte, 1<<20)
		return fmt.Errorf("testbed: fault proxy %s: not stopped within %s:\n%s", p.Name, stopTimeout, stacks[:runtime.Stack(stacks, true)])
	}
}

// Requests returns how many requests and connections have come through so far.
func (p *FaultProxy) Requests() (requests, connections int64) {
	return p.front.requests.Load(), p.front.connections.Load()
}

// OpenConnections returns how many connections are open now.
func (p *FaultProxy) OpenConnections() int64 { return p.front.open.Load() }

// Stop ends the proxy. The files stay.
func (p *FaultProxy) Stop() error {
	return errors.Join(p.close(), p.front.stop())
}

// faultFront is the HTTPS server of a FaultProxy.
type faultFront struct {
	address  string
	server   *http.Server
	upstream *http.Transport
	task     sync.WaitGroup

	fault                       atomic.Value // Fault
	requests, connections, open atomic.Int64
}

func startFaultFront(cluster *Cluster, certificates *faultCertificates) (*faultFront, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(cluster.Config.CAData) {
		return nil, errors.New("the cluster has no CA")
	}
	l, err := net.Listen("tcp", loopback(0))
	if err != nil {
		return nil, err
	}
	f := &faultFront{address: l.Addr().String(), upstream: newFaultUpstream(roots)}
	f.fault.Store(Healthy)
	handler, err := f.handler(cluster.URL)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	f.server = &http.Server{
		Handler: handler, ErrorLog: log.New(io.Discard, "", 0), TLSConfig: certificates.config(func() Fault { return f.currentFault() }),
		ConnState: func(_ net.Conn, s http.ConnState) {
			switch s {
			case http.StateNew:
				f.connections.Add(1)
				f.open.Add(1)
			case http.StateClosed, http.StateHijacked:
				f.open.Add(-1)
			}
		},
	}
	f.task.Go(func() { _ = f.server.ServeTLS(l, "", "") })
	return f, nil
}

func (f *faultFront) currentFault() Fault {
	fault, _ := f.fault.Load().(Fault)
	return fault
}

func (f *faultFront) stop() error {
	err := f.server.Close()
	f.task.Wait()
	f.upstream.CloseIdleConnections()
	return err
}
