// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

func testHandler(t testing.TB) (*Handler, *Group) {
	t.Helper()
	e, g := testGroup(t, Options{})
	west := e.serve(Key{Cluster: "west", Collector: "more", Kind: "Thing"}, testValue, testCount)
	g.Set("a", g.Rows(), thing("a\n\"é\"", 1))
	west.Set("a", west.Rows(), func(r *Rows) { r.Add(testValue, 2, "a"); r.Add(testCount, 3, "a") })
	self := prometheus.NewRegistry()
	self.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "self_total", Help: "Self."}))
	return &Handler{Exposition: e, Self: self, Collectors: []string{"test", "more", "idle"}}, g
}

func get(h http.Handler, method, target string, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if r.Header.Get("Content-Encoding") == "gzip" {
		b = gunzip(t, b)
	}
	return string(b)
}

const wholeText = `# HELP test_info A test.
# TYPE test_info gauge
test_info{cluster="east",name="a\n\"é\"",uid="1"} 1
# HELP test_total A test.
# TYPE test_total counter
test_total{cluster="west",name="a"} 3
# HELP test_value A test.
# TYPE test_value gauge
test_value{cluster="east",name="a\n\"é\""} 1
test_value{cluster="west",name="a"} 2
`

const selfText = "# HELP self_total Self.\n# TYPE self_total counter\nself_total 0\n"

func TestHandlerNegotiates(t *testing.T) {
	openMetrics := strings.ReplaceAll(wholeText, "test_total A", "test A")
	openMetrics = strings.ReplaceAll(openMetrics, "TYPE test_total", "TYPE test") +
		"# HELP self Self.\n# TYPE self counter\nself_total 0.0\n# EOF\n"
	const (
		text        = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
		prometheus3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
	)
	for name, tc := range map[string]struct {
		accept, encoding       string
		contentType, wantCoded string
		want                   string
	}{
		"nothing asked":           {want: wholeText + selfText, contentType: text},
		"a browser":               {accept: "text/html,*/*;q=0.8", encoding: "gzip, deflate, br", want: wholeText + selfText, contentType: text, wantCoded: "gzip"},
		"Prometheus 3":            {accept: prometheus3, encoding: "gzip", want: openMetrics, contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8", wantCoded: "gzip"},
		"text 1.0.0":              {accept: "text/plain;version=1.0.0;escaping=allow-utf-8", want: wholeText + selfText, contentType: "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8"},
		"protobuf preferred":      {accept: "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,text/plain;version=0.0.4;q=0.3", want: wholeText + selfText, contentType: text},
		"gzip refused":            {encoding: "gzip;q=0", want: wholeText + selfText, contentType: text},
		"gzip refused, all taken": {encoding: "*, gzip;q=0", want: wholeText + selfText, contentType: text},
		"any encoding":            {encoding: "*;q=0.5", want: wholeText + selfText, contentType: text, wantCoded: "gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := testHandler(t)
			r := get(h, http.MethodGet, "/metrics", "Accept", tc.accept, "Accept-Encoding", tc.encoding)
			if got := r.Header.Get("Content-Encoding"); got != tc.wantCoded {
				t.Errorf("Content-Encoding %q, want %q", got, tc.wantCoded)
			}
			if got := r.Header.Get("Content-Type"); got != tc.contentType {
				t.Errorf("Content-Type %q, want %q", got, tc.contentType)
			}
			if diff := cmp.Diff(tc.want, body(t, r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHandlerFilters(t *testing.T) {
	h, _ := testHandler(t)
	h.Exposition.serve(Key{Kind: "Fleet"}, testValue) // without a cluster
	for query, want := range map[string]string{
		"?cluster[]=west":                 "test_total test_value",
		"?collect[]=test":                 "test_info test_value",
		"?collect[]=test&cluster[]=west":  "",
		"?collect[]=idle":                 "",
		"?collect[]=test&collect[]=more":  "test_info test_total test_value test_value",
		"?cluster[]=west&cluster[]=east&": "test_info test_total test_value test_value",
	} {
		var got []string
		for line := range strings.Lines(body(t, get(h, http.MethodGet, "/metrics"+query))) {
			if name, _, ok := strings.Cut(line, "{"); ok && line[0] != '#' {
				got = append(got, name)
			}
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	for query, want := range map[string]string{
		"?cluster[]=north": `cluster[]="north": unknown, use one of east, west`,
		"?cluster[]=":      `cluster[]="": unknown, use one of east, west`,
		"?collect[]=":      `collect[]="": unknown, use one of test, more, idle`,
	} {
		r := get(h, http.MethodGet, "/metrics"+query)
		if got := strings.TrimSpace(body(t, r)); r.StatusCode != http.StatusBadRequest || got != want {
			t.Errorf("%s: %d %s", query, r.StatusCode, got)
		}
	}
}

func TestHandlerMethods(t *testing.T) {
	h, _ := testHandler(t)
	for _, encoding := range []string{"gzip", "identity"} {
		whole := get(h, http.MethodGet, "/metrics", "Accept-Encoding", encoding)
		sent, err := io.ReadAll(whole.Body)
		if err != nil {
			t.Fatal(err)
		}
		head := get(h, http.MethodHead, "/metrics", "Accept-Encoding", encoding)
		if n := head.Header.Get("Content-Length"); n != strconv.Itoa(len(sent)) || n != whole.Header.Get("Content-Length") {
			t.Errorf("%s: Content-Length %s, %d bytes sent", encoding, n, len(sent))
		}
		if b, _ := io.ReadAll(head.Body); len(b) > 0 {
			t.Errorf("HEAD has a body of %d bytes", len(b))
		}
	}
	if r := get(h, http.MethodPost, "/metrics"); r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %q", r.StatusCode, r.Header.Get("Allow"))
	}
}

// TestHandlerOutputIsValid checks the output with the parsers and the linter of Prometheus.
func TestHandlerOutputIsValid(t *testing.T) {
	h, _ := testHandler(t)
	text := body(t, get(h, http.MethodGet, "/metrics"))
	if problems, err := promlint.New(strings.NewReader(text)).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	if _, err := parser.TextToMetricFamilies(strings.NewReader(text)); err != nil {
		t.Error(err)
	}
	r := get(h, http.MethodGet, "/metrics", "Accept", "application/openmetrics-text;version=1.0.0")
	p, err := textparse.New([]byte(body(t, r)), r.Header.Get("Content-Type"), labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for samples := 0; ; {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			if samples != 5 {
				t.Errorf("%d samples", samples)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if entry == textparse.EntrySeries {
			samples++
		}
	}
}
