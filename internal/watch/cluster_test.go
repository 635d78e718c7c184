// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// bothKinds is an API server with two widgets and a gadget.
func bothKinds(t *testing.T) fakeAPI {
	t.Helper()
	return bothKindsOn(t, (*httptest.Server).Start)
}

func bothKindsOn(t *testing.T, start func(*httptest.Server)) fakeAPI {
	t.Helper()
	a := newFakeAPI(t, start)
	a.serve("Widget", "v1")
	a.serve("Gadget", "v1")
	a.put("widgets", "a", `{"size":1}`)
	a.put("widgets", "b", `{"size":2}`)
	a.put("gadgets", "g", `{"size":9}`)
	return a
}

func allRows() []string {
	return []string{size("Widget", "a", 1), size("Widget", "b", 2), size("Gadget", "g", 9)}
}

// TestEvents checks the events of a kind, for both ways to get the initial objects, over HTTP and HTTP/2.
func TestEvents(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		watchList, tls bool
		requests       map[string]int
	}{
		"WatchList":          {watchList: true, requests: map[string]int{"WATCHLIST v1": 1}},
		"LIST":               {requests: map[string]int{"LIST v1": 1, "WATCH v1": 1}},
		"WatchList over TLS": {watchList: true, tls: true, requests: map[string]int{"WATCHLIST v1": 1}},
		"LIST over TLS":      {tls: true, requests: map[string]int{"LIST v1": 1, "WATCH v1": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := (*httptest.Server).Start
			if tc.tls {
				start = (*httptest.Server).StartTLS
			}
			a := bothKindsOn(t, start)
			r := watchAPI(t, a, func(c *fleet.Cluster, _ *Options) { c.WatchList = tc.watchList })
			r.wantRows(allRows()...)
			testutil.Eventually(t, func() (bool, string) { // the WATCH follows the LIST
				diff := cmp.Diff(tc.requests, a.requests("widgets"))
				return diff == "", diff
			})
			a.put("widgets", "new", `{"size":3}`)
			r.wantRows(append(allRows(), size("Widget", "new", 3))...)
			a.put("widgets", "new", `{"size":4}`)
			r.wantRows(append(allRows(), size("Widget", "new", 4))...)
			a.remove("widgets", "new")
			r.wantRows(allRows()...)
			if diff := cmp.Diff(tc.requests, a.requests("widgets")); diff != "" {
				t.Errorf("requests: %s", diff)
			}
			testutil.Eventually(t, func() (bool, string) { return r.Settled(), "not settled" })
			for _, line := range []string{
				`cobaltcore_cluster_up{cluster="c"} 1`,
				`cobaltcore_cluster_info{cluster="c",role="r",region="",owner="",source="kubeconfig",version="v1.36.2",cluster_uid=""} 1`,
				`cobaltcore_watch_present{cluster="c",collector="test",group="test.example.com",kind="Widget",version="v1"} 1`,
				`cobaltcore_watch_synced{cluster="c",collector="test",group="test.example.com",kind="Widget"} 1`,
				`cobaltcore_watch_objects{cluster="c",collector="test",group="test.example.com",kind="Widget"} 2`,
				`cobaltcore_collector_up{cluster="c",collector="test"} 1`,
			} {
				r.wantLine(line)
			}
			for _, none := range []string{"cobaltcore_watch_failing", "cobaltcore_watch_errors_total", "cobaltcore_cluster_failing"} {
				r.wantNoLine(none)
			}
		})
	}
}

func TestKindsComeAndGo(t *testing.T) {
	t.Parallel()
	a := newFakeAPI(t, (*httptest.Server).Start)
	a.serve("Widget", "v1")
	a.put("widgets", "a", `{"size":1}`)
	r := watchAPI(t, a)
	const gadgets = `cobaltcore_watch_present{cluster="c",collector="test",group="test.example.com",kind="Gadget",version=`
	r.wantRows(size("Widget", "a", 1))
	r.wantLine(gadgets + `""} 0`)
	testutil.Eventually(t, func() (bool, string) { return r.Settled(), "a kind that is not served is waited for" })
	a.serve("Gadget", "v1")
	a.put("gadgets", "g", `{"size":9}`)
	r.wantRows(size("Widget", "a", 1), size("Gadget", "g", 9))
	r.wantLine(gadgets + `"v1"} 1`)
	stop := r.always([]string{size("Widget", "a", 1)}, []string{size("Widget", "a", 1), size("Gadget", "g", 9)})
	a.serve("Gadget")
	r.wantRows(size("Widget", "a", 1))
	r.wantLine(gadgets + `""} 0`)
	r.wantLine(`cobaltcore_collector_up{cluster="c",collector="test"} 1`)
	a.serve("Gadget", "v1")
	r.wantRows(size("Widget", "a", 1), size("Gadget", "g", 9))
	stop()
	a.serve("Gadget", "v3") // not one of our kinds
	r.wantRows(size("Widget", "a", 1))
}

func TestVersions(t *testing.T) {
	t.Parallel()
	a := bothKinds(t)
	r := watchAPI(t, a)
	r.wantRows(allRows()...)
	stop := r.always(allRows())
	const present = `cobaltcore_watch_present{cluster="c",collector="test",group="test.example.com",kind="Widget",version=`
	r.wantLine(present + `"v1"} 1`)
	a.serve("Widget", "v1", "v2", "v3")
	r.wantLine(present + `"v2"} 1`)
	testutil.Eventually(t, func() (bool, string) { return a.requests("widgets")["WATCHLIST v2"] == 1, "v2 is not asked for" })
	a.serve("Widget", "v1")
	r.wantLine(present + `"v1"} 1`)
	before := a.requests("widgets")["WATCHLIST v1"]
	testutil.Eventually(t, func() (bool, string) {
		return a.requests("widgets")["WATCHLIST v1"] >= min(before, 2), "v1 is not asked for again"
	})
	stop()
	a.put("widgets", "a", `{"size":5}`)
	r.wantRows(size("Widget", "a", 5), size("Widget", "b", 2), size("Gadget", "g", 9))
}

// TestExpiry checks that the expiry of credentials is known before it happens.
func TestExpiry(t *testing.T) {
	t.Parallel()
	a := newFakeAPI(t, (*httptest.Server).StartTLS)
	a.serve("Widget", "v1")
	r := watchAPI(t, a)
	r.wantLine(fmt.Sprintf(`cobaltcore_cluster_api_certificate_expiry_timestamp_seconds{cluster="c"} %d`, a.Certificate().NotAfter.Unix()))
	r.wantNoLine("cobaltcore_cluster_credential_expiry")         // of a token without an expiry
	r.rewrite(a.Kubeconfig("e30.eyJleHAiOjE4MDAwMDAwMDB9.c2ln")) // {"exp":1800000000}
	r.wantLine(`cobaltcore_cluster_credential_expiry_timestamp_seconds{cluster="c",type="token"} 1800000000`)
}

// selfSigned returns a certificate that expires at a time, and its key.
func selfSigned(t *testing.T, end time.Time) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.Add(-time.Hour), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
}

// TestCAFileThatIsRotated checks that a rotated CA file is used, both for a cluster that was never reached and for a
// watched cluster. The CA matters for the next connection only.
func TestCAFileThatIsRotated(t *testing.T) {
	t.Parallel()
	a := newFakeAPI(t, (*httptest.Server).StartTLS)
	a.serve("Widget", "v1")
	a.put("widgets", "a", `{"size":1}`)
	ca := filepath.Join(t.TempDir(), "ca.crt")
	rotate := func(authority []byte) {
		if err := os.WriteFile(ca, authority, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	other, _ := selfSigned(t, time.Now().Add(time.Hour))
	rotate(other)
	r := watchAPI(t, a)
	r.rewrite(fmt.Sprintf(`{current-context: c, clusters: [{name: c, cluster: {server: %q, certificate-authority: %q}}],
contexts: [{name: c, context: {cluster: c}}]}`, a.URL, ca))
	r.wantLine(`cobaltcore_cluster_failing{cluster="c",reason="tls"} 1`)
	rotate(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate().Raw}))
	r.wantRows(size("Widget", "a", 1))
	rotate(other)
	r.wantLine(`cobaltcore_cluster_failing{cluster="c",reason="tls"} 1`)
	r.wantRows(size("Widget", "a", 1))
}

// TestClientCertificateThatExpired checks that an expired client certificate has a row although no request was sent,
// and that a rotated certificate is used, from the kubeconfig and from other files. A certificate that expires during a
// watch ends the connection.
func TestClientCertificateThatExpired(t *testing.T) {
	t.Parallel()
	kubeconfig := func(server, user string) string {
		return fmt.Sprintf(`{current-context: c, clusters: [{name: c, cluster: {server: %q, insecure-skip-tls-verify: true}}],
contexts: [{name: c, context: {cluster: c, user: u}}], users: [{name: u, user: {%s}}]}`, server, user)
	}
	for name, write := range map[string]func(r *rig, server string, certificate, key []byte){
		"in the kubeconfig": func(r *rig, server string, certificate, key []byte) {
			encode := base64.StdEncoding.EncodeToString
			r.rewrite(kubeconfig(server, "client-certificate-data: "+encode(certificate)+", client-key-data: "+encode(key)))
		},
		"in files": func(r *rig, server string, certificate, key []byte) {
			for file, content := range map[string][]byte{"client.crt": certificate, "client.key": key} {
				if err := os.WriteFile(filepath.Join(filepath.Dir(r.kubeconfig), file), content, 0o600); err != nil {
					r.t.Fatal(err)
				}
			}
			r.rewrite(kubeconfig(server, "client-certificate: client.crt, client-key: client.key"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newFakeAPI(t, func(s *httptest.Server) {
				s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
				s.StartTLS()
			})
			a.serve("Widget", "v1")
			a.put("widgets", "a", `{"size":1}`)
			r := watchAPI(t, a)
			use := func(end time.Time) {
				certificate, key := selfSigned(t, end)
				write(r, a.URL, certificate, key)
				r.wantLine(fmt.Sprintf(`cobaltcore_cluster_credential_expiry_timestamp_seconds{cluster="c",type="client_certificate"} %d`, end.Unix()))
			}
			use(time.Now().Add(-time.Hour))
			r.wantLine(`cobaltcore_cluster_failing{cluster="c",reason="tls"} 1`)
			r.wantLine(`cobaltcore_cluster_up{cluster="c"} 0`)
			use(time.Now().Add(5 * time.Second))
			r.wantRows(size("Widget", "a", 1))
			r.wantLine(`cobaltcore_cluster_failing{cluster="c",reason="tls"} 1`)
			r.wantRows(size("Widget", "a", 1)) // until they are stale
			use(time.Now().Add(time.Hour))
			r.wantNoLine("cobaltcore_cluster_failing{")
			r.wantLine(`cobaltcore_cluster_up{cluster="c"} 1`)
			a.put("widgets", "a", `{"size":2}`)
			r.wantRows(size("Widget", "a", 2))
		})
	}
}

func TestKubeconfigRotates(t *testing.T) {
	t.Parallel()
	first, second := bothKinds(t), bothKinds(t)
	r := watchAPI(t, first)
	r.wantRows(allRows()...)
	stop := r.always(allRows())
	r.connectTo(second)
	testutil.Eventually(t, func() (bool, string) { return len(second.requests("gadgets")) > 0, "the new server is not asked" })
	first.Kill(true)
	r.wantLine(`cobaltcore_cluster_up{cluster="c"} 1`)
	stop()
	second.put("widgets", "a", `{"size":7}`)
	r.wantRows(size("Widget", "a", 7), size("Widget", "b", 2), size("Gadget", "g", 9))
}

// TestKubeconfigThatIsRewritten checks that the connection stays while the file is invalid, and that the new contents
// are used afterwards.
func TestKubeconfigThatIsRewritten(t *testing.T) {
	t.Parallel()
	a := bothKinds(t)
	r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) { o.StaleAfter = time.Second })
	r.wantRows(allRows()...)
	for n, text := range []string{"clusters: [", "", "apiVersion: v1\nkind: Config\n"} {
		r.rewrite(text)
		a.put("widgets", "a", fmt.Sprintf(`{"size":%d}`, 50+n))
		r.wantRows(size("Widget", "a", 50+n), size("Widget", "b", 2), size("Gadget", "g", 9))
		r.wantLine(`cobaltcore_cluster_up{cluster="c"} 1`)
		testutil.Eventually(t, func() (bool, string) {
			return scrape(r.exposition, "cobaltcore_cluster_kubeconfig_invalid_since") != nil, "the invalid kubeconfig is not shown"
		})
	}
	r.connectTo(a)
	r.wantNoLine("cobaltcore_cluster_kubeconfig_invalid_since")
	other := bothKinds(t)
	other.put("widgets", "a", `{"size":7}`)
	r.connectTo(other)
	r.wantRows(size("Widget", "a", 7), size("Widget", "b", 2), size("Gadget", "g", 9))
}

func TestSetTargets(t *testing.T) {
	t.Parallel()
	a := bothKinds(t)
	a.put("widgets", "a", `{"size":1,"kubeconfig":"x-kubeconfig"}`)
	r := watchAPI(t, a)
	row := func(target string) string {
		return `test_size{cluster="c",target_cluster="` + target + `",kind="Widget",name="a"} 1`
	}
	before := []string{row("x-kubeconfig"), size("Widget", "b", 2), size("Gadget", "g", 9)}
	after := []string{row("x"), size("Widget", "b", 2), size("Gadget", "g", 9)}
	r.wantRows(before...)
	r.SetTargets(fleet.TargetsOf([]fleet.Cluster{{Name: "c"}})) // the same
	stop := r.always(before, after)
	r.SetTargets(fleet.TargetsOf([]fleet.Cluster{{Name: "c"}, {Name: "x"}}))
	r.wantRows(after...)
	r.SetTargets(fleet.TargetsOf([]fleet.Cluster{{Name: "c"}}))
	r.wantRows(before...)
	stop()
	if diff := cmp.Diff(map[string]int{"WATCHLIST v1": 1}, a.requests("gadgets")); diff != "" {
		t.Errorf("gadgets do not depend on the fleet: %s", diff)
	}
	if diff := cmp.Diff(map[string]int{"WATCHLIST v1": 3}, a.requests("widgets")); diff != "" {
		t.Errorf("widgets: %s", diff)
	}
}

func TestGroupsAreAllRows(t *testing.T) {
	t.Parallel()
	r := watchAPI(t, bothKinds(t))
	r.wantRows(allRows()...)
	r.exposition.Swap(r.all, nil)
	if left := scrape(r.exposition, ""); left != nil {
		t.Error(left)
	}
}

// TestRunEndsAllGoroutines is not parallel: it counts goroutines.
func TestRunEndsAllGoroutines(t *testing.T) {
	for name, change := range map[string]func(fakeAPI){
		"healthy":   func(fakeAPI) {},
		"forbidden": func(a fakeAPI) { a.deny("widgets", fakeapi.Status(403, "Forbidden", "no")) },
		"dead":      func(a fakeAPI) { a.Replace(fakeapi.Gateway) },
	} {
		t.Run(name, func(t *testing.T) {
			a := bothKinds(t)
			change(a)
			before := goleak.IgnoreCurrent()
			r := watchAPI(t, a)
			testutil.Eventually(t, func() (bool, string) { return r.Settled(), "not settled" })
			r.stop()
			testutil.Eventually(t, func() (bool, string) {
				a.CloseClientConnections() // the goroutines of the server, and a late dial
				err := goleak.Find(before)
				return err == nil, fmt.Sprint(err)
			})
		})
	}
}
