// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/bcrypt"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// The commands of the scripts, beside those of testscript:
//
//	exporter CODE ARGS...   runs the command line in this process
//	serve ARGS...           the same with "serve", in the background; sets $URL
//	end CODE                ends the command of serve (testscript has a stop, which skips the rest); its output is in stdout and stderr
//	get STATUS URL [USER:PASSWORD]   asks until the status is as wanted
//	occupy                  listens on a free address: $OCCUPIED
func TestScripts(t *testing.T) {
	testscript.RunT(serialT{t}, testscript.Params{
		Dir:   "testdata",
		Setup: setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exporter": runExporter, "serve": startServe, "end": endServe, "get": waitForStatus, "occupy": occupyPort,
		},
	})
}

// serialT runs one script after the other, because the logger of klog is global.
type serialT struct{ *testing.T }

func (serialT) Parallel()     {}
func (serialT) Verbose() bool { return testing.Verbose() }
func (s serialT) Run(name string, f func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { f(serialT{t}) })
}

// setup creates a certificate, a user "scraper" with the password "secret", and a free address.
func setup(env *testscript.Env) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		return err
	}
	for file, data := range map[string][]byte{
		"tls.crt":   pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		"tls.key":   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
		"auth.yaml": fmt.Appendf(nil, "basic_auth_users: {scraper: %s}\n", hash),
		"web.yaml":  fmt.Appendf(nil, "basic_auth_users: {scraper: %s}\ntls_server_config: {cert_file: tls.crt, key_file: tls.key}\n", hash),
	} {
		if err := os.WriteFile(filepath.Join(env.WorkDir, file), data, 0o600); err != nil {
			return err
		}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Setenv("FREE", free.Addr().String())
	env.Values["serving"] = &servingProcess{}
	return free.Close()
}

// hostname is that of the second pod of a StatefulSet.
func hostname() (string, error) { return "cobaltcore-exporter-1", nil }

func runExporter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: exporter CODE ARGS...")
	}
	code := Main(context.Background(), args[1:], Streams{Out: ts.Stdout(), Err: ts.Stderr(), Hostname: hostname, Getenv: ts.Getenv})
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// servingProcess is a running "serve".
type servingProcess struct {
	out, err lockedBuffer
	cancel   context.CancelFunc
	code     chan int
}

// lockedBuffer may be read during writes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func (b *lockedBuffer) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b.Reset()
}

var startURL = regexp.MustCompile(`(?m)^start +(\S+)/$`)

func startServe(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value("serving").(*servingProcess) //nolint:forcetypeassert // see setup
	s.out.reset()
	s.err.reset()
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel, s.code = cancel, make(chan int, 1)
	go func() {
		s.code <- Main(ctx, append([]string{"serve"}, args...), Streams{Out: &s.out, Err: &s.err, Hostname: hostname, Getenv: ts.Getenv})
	}()
	ts.Defer(func() {
		if s.cancel != nil {
			s.cancel()
			s.cancel = nil
			<-s.code
		}
	})
	testutil.Eventually(ts, func() (bool, string) {
		m := startURL.FindStringSubmatch(s.out.String())
		if m == nil {
			return false, s.err.String()
		}
		ts.Setenv("URL", m[1])
		return true, ""
	})
}

func endServe(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value("serving").(*servingProcess) //nolint:forcetypeassert // see setup
	s.cancel()
	s.cancel = nil
	code := <-s.code
	_, _ = io.WriteString(ts.Stdout(), s.out.String())
	_, _ = io.WriteString(ts.Stderr(), s.err.String())
	if len(args) != 1 || strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args)
	}
}

func waitForStatus(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: get STATUS URL [USER:PASSWORD]")
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(ts.ReadFile("tls.crt")))
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13},
	}}
	request, err := http.NewRequest(http.MethodGet, args[1], http.NoBody)
	ts.Check(err)
	if len(args) > 2 {
		user, password, _ := strings.Cut(args[2], ":")
		request.SetBasicAuth(user, password)
	}
	testutil.Eventually(ts, func() (bool, string) {
		response, err := client.Do(request)
		if err != nil {
			return false, err.Error()
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil || strconv.Itoa(response.StatusCode) != args[0] {
			return false, fmt.Sprint(response.Status, " ", err, " ", string(body))
		}
		_, _ = ts.Stdout().Write(body)
		return true, ""
	})
}

func occupyPort(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv("OCCUPIED", l.Addr().String())
}
