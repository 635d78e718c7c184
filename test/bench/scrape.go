// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

const scrapeTimeout = 30 * time.Second

// object identifies a Flux object.
type object struct{ kind, namespace, name string }

// scraper scrapes one subject over one connection.
type scraper struct {
	subject
	url       string
	reportURL string
	client    *http.Client
	body      []byte // body of the last scrape; reused
}

func newScraper(s subject, address string) *scraper {
	return &scraper{subject: s, url: "http://" + address + "/metrics", reportURL: "http://" + address + "/api/v1/report?limit=10000", client: &http.Client{
		Timeout:   scrapeTimeout,
		Transport: &http.Transport{DisableCompression: true, ReadBufferSize: 64 << 10},
	}}
}

// errNotReady is the error of a response that is not 200.
var errNotReady = errors.New("not ready")

// scrape reads a response to its end. encoding is identity or gzip. The body is valid until the next scrape.
func (s *scraper) scrape(ctx context.Context, encoding string) (body []byte, d time.Duration, err error) {
	return s.get(ctx, s.url, encoding)
}

func (s *scraper) get(ctx context.Context, url, encoding string) (body []byte, d time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Accept-Encoding", encoding)
	begin := time.Now()
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	buf := bytes.NewBuffer(s.body[:0])
	_, err = io.Copy(buf, resp.Body)
	d = time.Since(begin)
	s.body = buf.Bytes()
	if err != nil {
		return nil, d, fmt.Errorf("read the response: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, d, fmt.Errorf("%w: %s", errNotReady, resp.Status)
	}
	want := ""
	if encoding == "gzip" {
		want = "gzip"
	}
	if got := resp.Header.Get("Content-Encoding"); got != want {
		return nil, d, fmt.Errorf("asked for %s, got Content-Encoding %q", encoding, got)
	}
	return s.body, d, nil
}

func inflate(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("inflate the response: %w", err)
	}
	return io.ReadAll(z)
}

// count returns the number of rows of objects.
func (s *scraper) count(body []byte) int {
	n := bytes.Count(body, []byte("\n"+s.family+"{"))
	if bytes.HasPrefix(body, []byte(s.family+"{")) {
		n++
	}
	return n
}

// ready returns the ready label of the object's row. No other object may have the same name.
func (s *scraper) ready(body []byte, o object) string {
	needle := []byte(`name="` + o.name + `"`)
	for end := 0; ; {
		i := bytes.Index(body[end:], needle)
		if i < 0 {
			return ""
		}
		i += end
		end = i + len(needle)
		line := body[bytes.LastIndexByte(body[:i], '\n')+1:]
		separator := body[max(i, 1)-1]
		if separator != ',' && separator != '{' || !bytes.HasPrefix(line, []byte(s.family+"{")) {
			continue // source_name="…" and the like, or another family
		}
		line, _, _ = bytes.Cut(line, []byte("\n"))
		for _, start := range []string{`{ready="`, `,ready="`} {
			if _, value, ok := bytes.Cut(line, []byte(start)); ok {
				value, _, _ = bytes.Cut(value, []byte(`"`))
				return string(value)
			}
		}
		return ""
	}
}

// parse returns the ready label of every object. Unlike expfmt's, this parser accepts the
// HELP line per kind that kube-state-metrics writes.
func (s *scraper) parse(body []byte) (map[object]string, error) {
	found := map[object]string{}
	parser := textparse.NewPromParser(body, labels.NewSymbolTable(), false)
	var row labels.Labels
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, fmt.Errorf("parse the response: %w", err)
		}
		if entry != textparse.EntrySeries {
			continue
		}
		if parser.Labels(&row); row.Get(model.MetricNameLabel) != s.family {
			continue
		}
		o := object{row.Get(s.kindLabel), row.Get("exported_namespace"), row.Get("name")}
		if _, ok := found[o]; ok {
			return nil, fmt.Errorf("two rows for %v", o)
		}
		found[o] = row.Get("ready")
	}
}

// verify compares every object's row with the object written to the cluster.
func (b *bench) verify(ctx context.Context, s *scraper) error {
	body, _, err := s.scrape(ctx, "identity")
	if err != nil {
		return err
	}
	found, err := s.parse(body)
	if err != nil {
		return err
	}
	for i, o := range b.objects {
		got, ok := found[o]
		if want := readyLabel(b.seed.Ready(i)); !ok || got != want {
			return fmt.Errorf("%v: row %t, ready is %q, want %q", o, ok, got, want)
		}
		delete(found, o)
	}
	if len(found) > 0 {
		return fmt.Errorf("%d rows too many: %v …", len(found), slices.Collect(maps.Keys(found))[0])
	}
	return nil
}

func readyLabel(ready bool) string {
	if ready {
		return "True"
	}
	return "False"
}
