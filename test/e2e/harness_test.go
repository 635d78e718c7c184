//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// thorough is set by make e2e. make test brings about one fault of each system, and
// scrapes less often in between.
var thorough = flag.Bool("thorough", false, "bring about every fault, and look at 10,000 bodies while the fleet changes")

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// toxiproxy forgets those of a connection that it has cut.
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
	)
}

// startCluster starts a real cluster for the duration of the test.
func startCluster(t *testing.T, name string, arguments ...string) *testbed.Cluster {
	t.Helper()
	c, err := testbed.StartCluster(lasting(t), t.TempDir(), name, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c.Stop) })
	return c
}

// lasting is the context of servers, which are still needed during the clean-up.
func lasting(t *testing.T) context.Context { return context.WithoutCancel(t.Context()) }

// startFluxOperator starts a real Flux Operator for the duration of the test.
func startFluxOperator(t *testing.T, c *testbed.Cluster) *testbed.FluxOperator {
	t.Helper()
	o, err := testbed.StartFluxOperator(lasting(t), t.TempDir(), c)
	must(t, err)
	t.Cleanup(func() { stop(t, o.Stop) })
	return o
}

func stop(t testing.TB, f func() error) {
	if err := f(); err != nil {
		t.Error(err)
	}
}

func fluxCRDs(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	crds, err := testbed.FluxCRDs(t.Context(), testbed.FluxCRDOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return crds
}

// must ends the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until check succeeds.
func eventually(t *testing.T, timeout time.Duration, check func() error) {
	t.Helper()
	if err := testbed.Poll(t.Context(), timeout, func(context.Context) error { return check() }); err != nil {
		t.Fatal(err)
	}
}

// exporter is one running in this process.
type exporter struct {
	URL    string
	config string
	stop   func(*testing.T) // at the end of the test at the latest
}

// startExporter runs the exporter with a configuration until the test ends.
func startExporter(t *testing.T, configuration string, change ...func(*app.Options)) *exporter {
	t.Helper()
	e := &exporter{config: filepath.Join(t.TempDir(), "exporter.yaml")}
	e.configure(t, configuration)
	ctx, cancel := context.WithCancel(t.Context())
	listening, ended := make(chan net.Addr, 1), make(chan error, 1)
	o := app.Options{
		ConfigFile:      e.config,
		ListenAddresses: []string{"127.0.0.1:0"},
		SyncTimeout:     time.Minute,
		Log:             slog.New(slog.NewTextHandler(t.Output(), nil)),
		Listening:       func(a []net.Addr) { listening <- a[0] },
	}
	for _, f := range change {
		f(&o)
	}
	go func() { ended <- app.Run(ctx, o) }()
	var once sync.Once
	e.stop = func(t *testing.T) {
		once.Do(func() {
			cancel()
			must(t, <-ended)
		})
	}
	t.Cleanup(func() { e.stop(t) })
	select {
	case a := <-listening:
		e.URL = "http://" + a.String()
	case err := <-ended:
		ended <- err
		t.Fatal(err)
	}
	return e
}

func (e *exporter) configure(t *testing.T, configuration string) {
	t.Helper()
	must(t, os.WriteFile(e.config, []byte(configuration), 0o600))
}

// get returns the status code and the body of a page.
func (e *exporter) get(ctx context.Context, path string, header ...string) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL+path, nil)
	if err != nil {
		return 0, nil, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

// series is one sample: its labels and, under "", its name.
type series map[string]string

// scrape returns the samples of the given families, all when there are none.
func (e *exporter) scrape(ctx context.Context, families ...string) ([]series, error) {
	code, body, err := e.get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	if code != http.StatusOK {
		return nil, fmt.Errorf("GET /metrics: %d %s", code, body)
	}
	return parse(body, families...)
}

func parse(body []byte, families ...string) ([]series, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	all, err := parser.TextToMetricFamilies(strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	var out []series
	for name, family := range all {
		if len(families) > 0 && !slices.Contains(families, name) {
			continue
		}
		for _, m := range family.GetMetric() {
			s := series{"": name, "=": fmt.Sprint(value(m))}
			for _, l := range m.GetLabel() {
				s[l.GetName()] = l.GetValue()
			}
			out = append(out, s)
		}
	}
	return out, nil
}

func value(m *dto.Metric) float64 {
	switch {
	case m.Gauge != nil:
		return m.GetGauge().GetValue()
	case m.Counter != nil:
		return m.GetCounter().GetValue()
	}
	return m.GetUntyped().GetValue()
}

// find returns the samples with all the given label values; "" is the name and
// "=" the value.
func find(all []series, want series) []series {
	var out []series
next:
	for _, s := range all {
		for k, v := range want {
			if s[k] != v {
				continue next
			}
		}
		out = append(out, s)
	}
	return out
}

// expect waits until exactly n samples match.
func (e *exporter) expect(t *testing.T, n int, want series) {
	t.Helper()
	eventually(t, time.Minute, func() error {
		all, err := e.scrape(t.Context(), want[""])
		if err != nil {
			return err
		}
		if got := len(find(all, want)); got != n {
			return fmt.Errorf("%d samples like %v, want %d", got, want, n)
		}
		return nil
	})
}

// ready waits for the first complete set of rows. Until then /metrics must not
// answer 200.
func (e *exporter) ready(t *testing.T) {
	t.Helper()
	eventually(t, time.Minute, func() error {
		code, _, err := e.get(t.Context(), "/-/ready")
		if err == nil && code != http.StatusOK {
			err = errors.New("not ready")
		}
		return err
	})
}

// configFor lists clusters by kubeconfig.
func configFor(extra string, clusters ...*testbed.Cluster) string {
	var b strings.Builder
	b.WriteString("clusters:\n")
	for _, c := range clusters {
		_, _ = fmt.Fprintf(&b, "  - {name: %s, kubeconfig: {path: %s}}\n", c.Name, c.Kubeconfig)
	}
	return b.String() + extra
}

// fleetObjects are the objects of the snapshot fleet that live in a cluster.
func fleetObjects(t *testing.T, cluster string) []*unstructured.Unstructured {
	t.Helper()
	root, err := testbed.RepoRoot()
	must(t, err)
	objects, err := testbed.LoadDir(filepath.Join(root, "test", "fleet", cluster))
	must(t, err)
	// The real Flux Operator gets the FluxInstance of the testbed, which it can
	// make ready without a kubelet, and makes the Deployments of Flux itself. External
	// Secrets Operator has objects of its own, and the tests of Greenhouse bring its
	// CRDs.
	return slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool {
		group := o.GroupVersionKind().Group
		return o.GetKind() == "FluxInstance" || slices.Contains([]string{"external-secrets.io", "greenhouse.sap", "apps", ""}, group)
	})
}
