// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/server/page"
)

const (
	formatJSON = "json"
	formatCSV  = "csv"
)

// serveObjects serves a page of the objects that match a query, as JSON or CSV.
func serveObjects(list func(objects.Query) objects.List) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		values := r.URL.Query()
		q, err := objects.ParseQuery(values)
		format := values.Get("format")
		if err == nil && format != "" && format != formatJSON && format != formatCSV {
			err = fmt.Errorf("format=%q: use %s or %s", format, formatJSON, formatCSV)
		}
		if err != nil {
			writeError(w, r, err.Error(), http.StatusBadRequest)
			return
		}
		answer := list(q)
		if answer.Next != "" {
			values.Set("next", answer.Next)
			w.Header().Set("Link", `<?`+values.Encode()+`>; rel="next"`)
		}
		if format != formatCSV {
			serveJSON(func(context.Context) (objects.List, error) { return answer, nil }).ServeHTTP(w, r)
			return
		}
		var text bytes.Buffer
		if err := answer.WriteCSV(&text); err != nil {
			writeError(w, r, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
		w.Header().Set("Content-Disposition", `attachment; filename="objects.csv"`)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(text.Bytes())
	})
}

// negotiateFormat adds the format of the header Accept to the URL, which is the key of cached responses. A format in the URL
// takes precedence.
func negotiateFormat(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		accept := r.Header.Get("Accept")
		if at := strings.Index(accept, "text/csv"); at >= 0 && !r.URL.Query().Has("format") {
			if other := strings.Index(accept, "application/json"); other < 0 || at < other {
				values := r.URL.Query()
				values.Set("format", formatCSV)
				r = r.Clone(r.Context())
				r.URL.RawQuery = values.Encode()
			}
		}
		next.ServeHTTP(w, r)
	})
}

// serveObject serves one object. The namespace "-" means none.
func serveObject(get func(objects.Node) (objects.Detail, bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, ok := get(page.ObjectNode(r))
		if !ok {
			writeError(w, r, "no watched object of this name exists", http.StatusNotFound)
			return
		}
		serveJSON(func(context.Context) (objects.Detail, error) { return d, nil }).ServeHTTP(w, r)
	})
}

// serveChanges serves a page of the changes that match a query.
func serveChanges(list func(changes.Query) changes.List) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := changes.ParseQuery(r.URL.Query(), time.Now())
		if err != nil {
			writeError(w, r, err.Error(), http.StatusBadRequest)
			return
		}
		serveJSON(func(context.Context) (changes.List, error) { return list(q), nil }).ServeHTTP(w, r)
	})
}
