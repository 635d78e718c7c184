// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// clockSkew is the offset of the clock of an API server with Skew.
const clockSkew = time.Hour

func newFaultUpstream(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		DisableCompression: true, // the encoding that the client requests is forwarded
	}
}

// handler answers requests according to the fault, or forwards them to the API server.
func (f *faultFront) handler(server string) (http.Handler, error) {
	target, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if f.currentFault() == ShortWatches && isWatch(r.In) {
				query := r.Out.URL.Query()
				query.Set("timeoutSeconds", "1")
				r.Out.URL.RawQuery = query.Encode()
			}
			if slices.Contains([]Fault{Truncated, Skew}, f.currentFault()) {
				r.Out.Header.Del("Accept-Encoding")
			}
		},
		Transport: f.upstream, ErrorLog: log.New(io.Discard, "", 0), FlushInterval: -1,
		ModifyResponse: func(r *http.Response) error {
			switch f.currentFault() {
			case Truncated:
				return truncateAnswer(r)
			case Skew:
				skewTimes(r)
			}
			return nil
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.requests.Add(1)
		switch fault := f.currentFault(); {
		case fault == Unauthorized:
			writeRefusal(w, http.StatusUnauthorized, "Unauthorized")
		case fault == Throttled:
			w.Header().Set("Retry-After", "7200")
			writeRefusal(w, http.StatusTooManyRequests, "TooManyRequests")
		case fault == ServerError:
			writeRefusal(w, http.StatusInternalServerError, "InternalError")
		case fault == HTML:
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><body>Please log in</body></html>\n")
		case fault == Forbidden && strings.HasSuffix(r.URL.Path, "/"+ForbiddenResource):
			writeRefusal(w, http.StatusForbidden, "Forbidden")
		default:
			forward.ServeHTTP(w, r)
		}
	}), nil
}

func isWatch(r *http.Request) bool {
	watch, _ := strconv.ParseBool(r.URL.Query().Get("watch"))
	return watch
}

// writeRefusal answers like an API server.
func writeRefusal(w http.ResponseWriter, code int, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"code":%d}`, reason, code)
}

// truncateAnswer keeps half of an answer, or a part of the first event of a watch.
func truncateAnswer(r *http.Response) error {
	r.Header.Del("ETag")
	if isWatch(r.Request) {
		r.Body = limitedBody{io.LimitReader(r.Body, 100), r.Body}
		return nil
	}
	whole, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	half := whole[:len(whole)/2]
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(half)), int64(len(half))
	r.Header.Set("Content-Length", strconv.Itoa(len(half)))
	return err
}

type limitedBody struct {
	io.Reader
	io.Closer
}

// skewTimes shifts the times in an answer line by line, because a watch writes a line for each event.
func skewTimes(r *http.Response) {
	r.Header.Set("Date", time.Now().Add(clockSkew).UTC().Format(http.TimeFormat))
	in, lines := r.Body, bufio.NewReader(r.Body)
	out, w := io.Pipe()
	go func() {
		for {
			line, err := lines.ReadBytes('\n')
			if len(line) > 0 {
				if _, err := w.Write(timestamps.ReplaceAllFunc(line, shiftTime)); err != nil {
					return
				}
			}
			if err != nil {
				_ = w.CloseWithError(err)
				return
			}
		}
	}()
	r.Body = skewedBody{out, in}
}

var timestamps = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"`)

// shiftTime shifts a time and keeps its length, so that the length of the answer does not change.
func shiftTime(quoted []byte) []byte {
	t, err := time.Parse(`"`+time.RFC3339+`"`, string(quoted))
	if err != nil {
		return quoted
	}
	return []byte(t.Add(clockSkew).Format(`"` + time.RFC3339 + `"`))
}

// skewedBody is a body that is read through a pipe.
type skewedBody struct {
	*io.PipeReader

	behind io.Closer
}

func (s skewedBody) Close() error {
	_ = s.PipeReader.Close()
	return s.behind.Close()
}
