// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// AuroraFault is a fault of an Aurora.
type AuroraFault string

// Faults, of which one is active at a time.
const (
	AuroraHealthy      AuroraFault = "healthy"
	AuroraFallback     AuroraFault = "fallback"    // all requests are answered with the page, as by a server without its API
	AuroraBadGateway   AuroraFault = "bad-gateway" // a proxy without a server behind it
	AuroraSlow         AuroraFault = "slow"        // bodies that do not end
	AuroraSilent       AuroraFault = "silent"      // no answer
	AuroraLogin        AuroraFault = "login"       // a proxy that redirects all requests to another host
	AuroraLoop         AuroraFault = "loop"        // redirects in a circle
	AuroraExpired      AuroraFault = "expired"     // certificate
	AuroraOtherName    AuroraFault = "other-name"  // certificate
	AuroraKeystoneDown AuroraFault = "keystone-down"
)

// AuroraFaults returns all faults; the healthy state is first.
func AuroraFaults() []AuroraFault {
	return []AuroraFault{
		AuroraHealthy, AuroraFallback, AuroraBadGateway, AuroraSlow, AuroraSilent, AuroraLogin, AuroraLoop, AuroraExpired, AuroraOtherName,
		AuroraKeystoneDown,
	}
}

// Aurora is a stub of an Aurora dashboard and its Keystone, because the real dashboard needs OpenStack. It sends the answers of
// Aurora's server to requests without a session.
type Aurora struct {
	URL, KeystoneURL string
	// ControlURL accepts POST /<fault>.
	ControlURL string
	CAFile     string

	certificates map[AuroraFault]*tls.Certificate
	servers      []*http.Server
	serving      sync.WaitGroup

	mu    sync.Mutex
	fault AuroraFault
}

// StartAurora starts an Aurora with a certificate that is valid until notAfter, or until its CA expires. It runs in this process
// until Stop. Its files are in dir.
func StartAurora(dir string, notAfter time.Time) (*Aurora, error) {
	dir = filepath.Join(dir, "aurora")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	ca, err := newOpenBaoTLS(dir)
	if err != nil {
		return nil, fmt.Errorf("testbed: aurora: CA: %w", err)
	}
	if notAfter.IsZero() {
		notAfter = ca.notAfter()
	}
	a := &Aurora{CAFile: ca.CAFile, certificates: map[AuroraFault]*tls.Certificate{}, fault: AuroraHealthy}
	for fault, template := range map[AuroraFault]x509.Certificate{
		AuroraHealthy:   {NotAfter: notAfter, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}},
		AuroraExpired:   {NotAfter: time.Now().Add(-time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}},
		AuroraOtherName: {NotAfter: notAfter, DNSNames: []string{"ingress.local"}},
	} {
		template.Subject, template.ExtKeyUsage = pkix.Name{CommonName: "aurora"}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		file := filepath.Join(dir, string(fault))
		if err := ca.issue(&template, file+".crt", file+".key"); err != nil {
			return nil, fmt.Errorf("testbed: aurora: certificate: %w", err)
		}
		pair, err := tls.LoadX509KeyPair(file+".crt", file+".key")
		if err != nil {
			return nil, fmt.Errorf("testbed: aurora: certificate: %w", err)
		}
		a.certificates[fault] = &pair
	}
	keystone := func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.certificates[AuroraHealthy], nil }
	a.URL, err = a.serve(http.HandlerFunc(a.dashboard), a.certificate)
	if err == nil {
		a.KeystoneURL, err = a.serve(http.HandlerFunc(a.keystone), keystone)
		a.KeystoneURL += "/v3"
	}
	if err == nil {
		a.ControlURL, err = a.serve(http.HandlerFunc(a.control), nil)
	}
	if err != nil {
		return nil, errors.Join(err, a.Stop())
	}
	return a, nil
}

// serve starts a server on a new port, with TLS if certificate is not nil.
func (a *Aurora) serve(h http.Handler, certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) (string, error) {
	l, err := net.Listen("tcp", loopback(0))
	if err != nil {
		return "", fmt.Errorf("testbed: aurora: %w", err)
	}
	url := "http://" + l.Addr().String()
	if certificate != nil {
		url = "https://" + l.Addr().String()
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate})
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 30 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	a.servers = append(a.servers, s)
	a.serving.Go(func() { _ = s.Serve(l) }) // until Stop
	return url, nil
}

// Set activates a fault, or none.
func (a *Aurora) Set(fault AuroraFault) error {
	if !slices.Contains(AuroraFaults(), fault) {
		return fmt.Errorf("testbed: aurora: there is no fault %q: %q", fault, AuroraFaults())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fault = fault
	return nil
}

func (a *Aurora) currentFault() AuroraFault {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.fault
}

// Stop stops the servers.
func (a *Aurora) Stop() error {
	var errs []error
	for _, s := range a.servers {
		errs = append(errs, s.Close())
	}
	a.serving.Wait()
	return errors.Join(errs...)
}

func (a *Aurora) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c := a.certificates[a.currentFault()]; c != nil {
		return c, nil
	}
	return a.certificates[AuroraHealthy], nil
}

func (a *Aurora) control(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		auroraAnswer(w, http.StatusMethodNotAllowed, "text/plain", fmt.Sprintf("POST /<fault>: %q\n", AuroraFaults()))
		return
	}
	if err := a.Set(AuroraFault(strings.TrimPrefix(r.URL.Path, "/"))); err != nil {
		auroraAnswer(w, http.StatusNotFound, "text/plain", err.Error()+"\n")
	}
}
