//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
)

const (
	stopTimeout    = time.Minute // from the end of the context to the return of Run
	requestTimeout = time.Minute // of a request, which may wait for its rows while all cores are busy
)

// Exporter is one running in this process.
type Exporter struct {
	URL        string
	ConfigFile string
	Stop       func(*testing.T) // at the end of the test at the latest
}

// StartExporter runs the exporter with a configuration until the test ends.
func StartExporter(t *testing.T, configuration string, change ...func(*app.Options)) *Exporter {
	t.Helper()
	e := &Exporter{ConfigFile: filepath.Join(t.TempDir(), "exporter.yaml")}
	e.Configure(t, configuration)
	ctx, cancel := context.WithCancel(t.Context())
	listening, ended := make(chan net.Addr, 1), make(chan error, 1)
	o := app.Options{
		ConfigFile:      e.ConfigFile,
		ListenAddresses: []string{"127.0.0.1:0"},
		SyncTimeout:     time.Minute,
		EnableLifecycle: true,
		Log:             slog.New(slog.NewTextHandler(t.Output(), nil)),
		Listening:       func(a []net.Addr) { listening <- a[0] },
	}
	for _, f := range change {
		f(&o)
	}
	go func() { ended <- app.Run(ctx, o) }()
	var once sync.Once
	e.Stop = func(t *testing.T) {
		once.Do(func() {
			cancel()
			select {
			case err := <-ended:
				Must(t, err)
			case <-time.After(stopTimeout):
				stacks := make([]byte, 4<<20)
				t.Fatalf("exporter not stopped within %s:\n%s", stopTimeout, stacks[:runtime.Stack(stacks, true)])
			}
		})
	}
	t.Cleanup(func() { e.Stop(t) })
	select {
	case a := <-listening:
		e.URL = "http://" + a.String()
	case err := <-ended:
		ended <- err
		t.Fatal(err)
	}
	return e
}

// Configure writes the configuration file.
func (e *Exporter) Configure(t *testing.T, configuration string) {
	t.Helper()
	Must(t, os.WriteFile(e.ConfigFile, []byte(configuration), 0o600))
}

// Get returns the status code and the body of a page.
func (e *Exporter) Get(ctx context.Context, path string, header ...string) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL+path, nil)
	if err != nil {
		return 0, nil, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Timeout: requestTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

// Series is one sample: its labels and, under "", its name.
type Series map[string]string

// Scrape returns the samples of the given families, all when there are none.
func (e *Exporter) Scrape(ctx context.Context, families ...string) ([]Series, error) {
	code, body, err := e.Get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	if code != http.StatusOK {
		return nil, fmt.Errorf("GET /metrics: %d %s", code, body)
	}
	return Parse(body, families...)
}

// Parse returns the samples of the given families in a body, all when there are none. Only the rows that it
// returns are parsed.
func Parse(body []byte, families ...string) ([]Series, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	all, err := parser.TextToMetricFamilies(bytes.NewReader(rowsOf(body, families)))
	if err != nil {
		return nil, err
	}
	var out []Series
	for name, family := range all {
		if len(families) > 0 && !slices.Contains(families, name) {
			continue
		}
		for _, m := range family.GetMetric() {
			s := Series{"": name, "=": fmt.Sprint(value(m))}
			for _, l := range m.GetLabel() {
				s[l.GetName()] = l.GetValue()
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// rowsOf returns the rows whose names begin with one of the families, and their types, all when there are none.
func rowsOf(body []byte, families []string) []byte {
	if len(families) == 0 {
		return body
	}
	var rows []byte
	for line := range bytes.Lines(body) {
		name := bytes.TrimPrefix(line, []byte("# TYPE "))
		if slices.ContainsFunc(families, func(f string) bool { return bytes.HasPrefix(name, []byte(f)) }) {
			rows = append(rows, line...)
		}
	}
	return rows
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

// Find returns the samples with all the given label values; "" is the name and
// "=" the value.
func Find(all []Series, want Series) []Series {
	var out []Series
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

// Expect waits until exactly n samples match.
func (e *Exporter) Expect(t *testing.T, n int, want Series) {
	t.Helper()
	Eventually(t, time.Minute, func() error {
		all, err := e.Scrape(t.Context(), want[""])
		if err != nil {
			return err
		}
		if got := len(Find(all, want)); got != n {
			return fmt.Errorf("%d samples like %v, want %d", got, want, n)
		}
		return nil
	})
}

// WaitReady waits for the first complete set of rows. Until then /metrics must not
// answer 200.
func (e *Exporter) WaitReady(t *testing.T) {
	t.Helper()
	Eventually(t, time.Minute, func() error {
		code, _, err := e.Get(t.Context(), "/-/ready")
		if err == nil && code != http.StatusOK {
			err = errors.New("not ready")
		}
		return err
	})
}

// Reload makes the exporter read its configuration again.
func (e *Exporter) Reload(t *testing.T) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL+"/-/reload", nil)
	Must(t, err)
	client := &http.Client{Timeout: requestTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	Must(t, err)
	Must(t, response.Body.Close())
	if response.StatusCode != http.StatusOK {
		t.Fatalf("reload: %s", response.Status)
	}
}
