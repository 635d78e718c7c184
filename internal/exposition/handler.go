// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

type format int

const (
	formatText format = iota
	formatOpenMetrics
)

// Handler serves the exposition, followed by the metrics of Self. The names of their families must be disjoint. Collectors are
// the valid values of collect[].
type Handler struct {
	Exposition *Exposition
	// Self gathers the exporter's own metrics. They are left out of filtered answers.
	Self       prometheus.Gatherer
	Collectors []string
}

// ServeHTTP serves GET and HEAD. The format (text or OpenMetrics) and the encoding (identity or gzip) are negotiated. collect[]
// and cluster[] select rows. Unknown values cause a response with status 400.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "use GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	l := h.Exposition.layout.Load()
	filter, err := h.filter(r, l)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	contentType, f := negotiate(r.Header)
	families := h.Exposition.collectRows(l, f, filter.match)
	tail, err := h.renderTail(contentType, f, filter)
	if err != nil {
		http.Error(w, "gather the exporter's own metrics: "+err.Error(), http.StatusInternalServerError)
		return
	}
	if len(tail) > 0 {
		families = append(families, familyRows{{rawBlock(tail)}})
	}

	header := w.Header()
	header.Set("Content-Type", string(contentType))
	header.Set("Vary", "Accept, Accept-Encoding")
	write, size := h.Exposition.plain(families)
	if acceptsGzip(r.Header) {
		header.Set("Content-Encoding", "gzip")
		write, size = h.Exposition.gzip(families, filter.isEmpty())
	}
	header.Set("Content-Length", strconv.Itoa(size))
	if r.Method == http.MethodHead {
		return
	}
	_ = write(w) // an error means that the client has disconnected
}

// plain returns the size of a body as text and a function that writes it. Blocks are unpacked directly into the output buffer,
// because another copy took a tenth of the user time of a scrape.
func (e *Exposition) plain(families []familyRows) (write func(io.Writer) error, size int) {
	for b := range blocksOf(families) {
		size += b.size
	}
	return func(w io.Writer) error {
		s := e.packer.scratch()
		defer e.packer.release(s)
		for b := range blocksOf(families) {
			if len(s.after) > 0 && len(s.after)+b.size > outputSize {
				if _, err := w.Write(s.after); err != nil {
					return err
				}
				s.after = s.after[:0]
			}
			s.after = b.Append(s.after)
		}
		_, err := w.Write(s.after)
		return err
	}, size
}

// gzip returns the size of a body of one gzip member and a function that writes it. Only whole bodies use the cache of sections,
// because a filtered body would evict sections that the next whole body needs.
func (e *Exposition) gzip(families []familyRows, whole bool) (write func(io.Writer) error, size int) {
	cache := &e.sections
	if !whole {
		cache = &sections{}
	}
	body := cache.join(e.packer, families)
	return func(w io.Writer) error { return e.packer.writeGzip(w, body) }, gzipSize(body)
}

// renderTail returns the text after the rows: the exporter's own metrics and, in OpenMetrics, the end marker.
func (h *Handler) renderTail(contentType expfmt.Format, f format, filter filter) ([]byte, error) {
	var buf bytes.Buffer
	if f == formatText {
		contentType = expfmt.FmtText // the encoder does not support 1.0.0
	}
	enc := expfmt.NewEncoder(&buf, contentType)
	if h.Self != nil && filter.isEmpty() {
		families, err := h.Self.Gather()
		if err != nil {
			return nil, err
		}
		for _, mf := range families {
			if err := enc.Encode(mf); err != nil {
				return nil, err
			}
		}
	}
	if f == formatOpenMetrics {
		if closer, ok := enc.(expfmt.Closer); ok {
			if err := closer.Close(); err != nil {
				return nil, err
			}
		}
	}
	return buf.Bytes(), nil
}

// filter has the values of collect[] and cluster[]; empty means all.
type filter struct{ collectors, clusters []string }

func (f filter) isEmpty() bool { return len(f.collectors) == 0 && len(f.clusters) == 0 }

func (f filter) match(k Key) bool {
	return (len(f.collectors) == 0 || slices.Contains(f.collectors, k.Collector)) &&
		(len(f.clusters) == 0 || slices.Contains(f.clusters, k.Cluster))
}

func (h *Handler) filter(r *http.Request, l *layout) (filter, error) {
	query := r.URL.Query()
	f := filter{collectors: deduplicate(query["collect[]"]), clusters: deduplicate(query["cluster[]"])}
	return f, errors.Join(
		checkKnown("collect[]", f.collectors, h.Collectors),
		checkKnown("cluster[]", f.clusters, l.clusters()))
}

// deduplicate returns each value once, because a client may repeat one thousands of times.
func deduplicate(values []string) []string {
	slices.Sort(values)
	return slices.Compact(values)
}

func checkKnown(parameter string, values, among []string) error {
	for _, v := range values {
		if !slices.Contains(among, v) {
			return fmt.Errorf("%s=%q: unknown, use one of %s", parameter, v, strings.Join(among, ", "))
		}
	}
	return nil
}

// formatText1 is the text format 1.0.0. The output is the same as for 0.0.4, because all names are valid in both.
const formatText1 expfmt.Format = "text/plain; version=1.0.0; charset=utf-8"

// negotiate returns OpenMetrics or the text format. The text format is the default.
func negotiate(h http.Header) (expfmt.Format, format) {
	f := expfmt.NegotiateAccept(h, expfmt.FmtOpenMetrics_1_0_0, expfmt.FmtOpenMetrics_0_0_1, formatText1, expfmt.FmtText)
	if f.FormatType() == expfmt.TypeOpenMetrics {
		return f, formatOpenMetrics
	}
	return f, formatText
}

// acceptsGzip reports whether Accept-Encoding has gzip or * without q=0.
func acceptsGzip(h http.Header) bool {
	accepted := false
	for _, v := range h.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(v, ",") {
			coding, params, _ := strings.Cut(part, ";")
			coding = strings.ToLower(strings.TrimSpace(coding))
			if coding != "gzip" && coding != "*" {
				continue
			}
			q := 1.0
			if _, s, ok := strings.Cut(params, "="); ok {
				q, _ = strconv.ParseFloat(strings.TrimSpace(s), 64) // invalid values mean q=0
			}
			if coding == "gzip" {
				return q > 0
			}
			accepted = q > 0
		}
	}
	return accepted
}
