// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// FaultProxy stands before the API server of a cluster and injects faults: toxiproxy for those of a
// connection, before an HTTPS server with a CA of its own for those of a request.
type FaultProxy struct {
	Name       string
	Kubeconfig string // path of a kubeconfig file of an administrator who goes through the proxy

	tcp   *toxiproxy.Proxy
	front *faultFront
	ca    []byte
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
	p := &FaultProxy{Name: name, Kubeconfig: filepath.Join(dir, "kubeconfig"), ca: certificates.ca}
	ports, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	if p.front, err = startFaultFront(cluster, certificates); err != nil {
		return nil, err
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p.tcp = toxiproxy.NewProxy(server, name, loopback(ports[0]), p.front.address)
	if err := p.tcp.Start(); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	if err := p.Login(adminToken); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// Login puts another token into the kubeconfig, in one step.
func (p *FaultProxy) Login(token string) error {
	config := clientcmdapi.NewConfig()
	config.Clusters[p.Name] = &clientcmdapi.Cluster{Server: "https://" + p.tcp.Listen, CertificateAuthorityData: p.ca}
	config.AuthInfos["user"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts[p.Name] = &clientcmdapi.Context{Cluster: p.Name, AuthInfo: "user"}
	config.CurrentContext = p.Name
	if err := clientcmd.WriteToFile(*config, p.Kubeconfig+".new"); err != nil {
		return err
	}
	return os.Rename(p.Kubeconfig+".new", p.Kubeconfig)
}

// Set makes a fault the one that is there, instead of any other.
func (p *FaultProxy) Set(f Fault) error {
	p.front.fault.Store(f)
	switch f {
	case BlackHole, Latency:
		p.tcp.Toxics.ResetToxics(context.Background())
		if err := p.tcp.Start(); err != nil && !errors.Is(err, toxiproxy.ErrProxyAlreadyStarted) {
			return err
		}
		if f == BlackHole {
			return p.poison("timeout", `{"timeout": 0}`, 1, "upstream", "downstream")
		}
		return p.poison("latency", `{"latency": 30000}`, 1, "downstream")
	case Refused:
		p.close()
		return nil
	}
	p.close()
	if f == Reset {
		// A toxic of this type lets connections end with RST; alone it would drop their first bytes.
		if err := p.poison("reset_peer", `{"timeout": 0}`, 0, "downstream"); err != nil {
			return err
		}
		if err := p.poison("limit_data", `{"bytes": 1400}`, 1, "downstream"); err != nil {
			return err
		}
	}
	return p.tcp.Start()
}

// Heal takes the fault away.
func (p *FaultProxy) Heal() error { return p.Set(Healthy) }

// Cut ends all connections. What the fault is stays.
func (p *FaultProxy) Cut() error {
	p.tcp.Stop()
	return p.tcp.Start()
}

// close ends all connections and closes the port.
func (p *FaultProxy) close() {
	p.tcp.Toxics.ResetToxics(context.Background())
	p.tcp.Stop()
}

func (p *FaultProxy) poison(toxic, attributes string, toxicity int, streams ...string) error {
	for _, s := range streams {
		text := fmt.Sprintf(`{"type": %q, "stream": %q, "toxicity": %d, "attributes": %s}`, toxic, s, toxicity, attributes)
		if _, err := p.tcp.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
			return fmt.Errorf("testbed: fault proxy %s: %w", p.Name, err)
		}
	}
	return nil
}

// Requests returns how many requests and connections have come through so far.
func (p *FaultProxy) Requests() (requests, connections int64) {
	return p.front.requests.Load(), p.front.connections.Load()
}

// Open returns how many connections are open now.
func (p *FaultProxy) Open() int64 { return p.front.open.Load() }

// Stop ends the proxy. The files stay.
func (p *FaultProxy) Stop() error {
	p.close()
	return p.front.stop()
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
		Handler: handler, ErrorLog: log.New(io.Discard, "", 0), TLSConfig: certificates.config(func() Fault { return f.now() }),
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

func (f *faultFront) now() Fault {
	fault, _ := f.fault.Load().(Fault)
	return fault
}

func (f *faultFront) stop() error {
	err := f.server.Close()
	f.task.Wait()
	f.upstream.CloseIdleConnections()
	return err
}

// IgnoredLeaks are the goroutines of toxiproxy that it abandons with a connection that it has cut.
func IgnoredLeaks() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
	}
}
