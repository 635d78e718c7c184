// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// scrapeReasons returns the values of the label reason. Forbidden means that the API server refuses pods/proxy,
// unauthorized that the controller refuses the request.
func scrapeReasons() []failure.Reason {
	return []failure.Reason{
		failure.ReasonTimeout, failure.ReasonTLS, failure.ReasonForbidden, failure.ReasonUnauthorized, failure.ReasonNotFound,
		failure.ReasonHTTP, failure.ReasonDecode, failure.ReasonTooLarge,
	}
}

const (
	// scrapeTimeout bounds one scrape as a whole.
	scrapeTimeout = 5 * time.Second
	// maxMetrics bounds the uncompressed body of one pod. kustomize-controller has about 2 KB for each of its
	// objects.
	maxMetrics = 32 << 20
	// textFormat is the accepted format, which all controllers serve.
	textFormat = "text/plain;version=0.0.4"
)

// endpoint is the metrics endpoint of a pod.
type endpoint struct {
	scheme string
	port   int
}

// metricsEndpoint returns the port with one of the usual names, or the port in the annotation. A pod without
// such a port is assumed to have no metrics.
func (p *pod) metricsEndpoint() (endpoint, bool) {
	annotations := p.Metadata.Annotations
	at := endpoint{scheme: "http"}
	if annotations["prometheus.io/scheme"] == "https" {
		at.scheme = "https"
	}
	for _, name := range []string{"http-prom", "metrics", "http-metrics", "https-metrics"} {
		for _, c := range p.Spec.Containers {
			if i := slices.IndexFunc(c.Ports, func(port podPort) bool { return port.Name == name }); i >= 0 {
				at.port = c.Ports[i].Number
				if strings.HasPrefix(name, "https") {
					at.scheme = "https"
				}
				return at, validPort(at.port)
			}
		}
	}
	if annotations["prometheus.io/scrape"] == "false" {
		return at, false
	}
	at.port, _ = strconv.Atoi(annotations["prometheus.io/port"])
	return at, validPort(at.port)
}

func validPort(n int) bool { return n > 0 && n < 1<<16 }

// isScrapable reports whether the pod is in a state in which it can be scraped.
func (p *pod) isScrapable() bool {
	_, ok := p.metricsEndpoint()
	return ok && p.Status.Phase == "Running" && p.Status.IP != "" && p.Metadata.Deleted.IsZero()
}

// scraper reads the metrics of a pod.
type scraper interface {
	// scrape returns a body, which the caller closes, or why there is none.
	scrape(ctx context.Context, p *pod) (io.ReadCloser, error)
	close()
}

// proxied scrapes through the proxy of the API server.
type proxied struct{ api *fleet.Client }

func (s proxied) scrape(ctx context.Context, p *pod) (io.ReadCloser, error) {
	at, _ := p.metricsEndpoint()
	name := p.Metadata.Name + ":" + strconv.Itoa(at.port)
	if at.scheme == "https" {
		name = "https:" + name
	}
	path := "/api/v1/namespaces/" + url.PathEscape(p.Metadata.Namespace) + "/pods/" + url.PathEscape(name) + "/proxy/metrics"
	answer, err := s.api.Do(ctx, fleet.Request{Path: path, Accept: textFormat})
	if err != nil {
		return nil, failure.FromTransport(err)
	}
	return checkResponse(answer, apiStatus)
}

func (proxied) close() {}

// direct scrapes the address of the pod.
type direct struct{ client *http.Client }

func newDirect(dial httpclient.DialFunc) direct {
	return direct{&http.Client{
		CheckRedirect: httpclient.KeepRedirect,
		Transport: httpclient.New(httpclient.Options{
			Dial: dial, Timeout: scrapeTimeout, MaxIdle: http.DefaultMaxIdleConnsPerHost,
			// Certificates are not issued for the addresses of pods, and no credentials are sent. The proxy of
			// the API server does not verify them, either.
			TLS: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}, //nolint:gosec // see above
		}),
	}}
}

func (s direct) scrape(ctx context.Context, p *pod) (io.ReadCloser, error) {
	if !fleet.IsPodAddress(p.Status.IP) {
		return nil, failure.Errorf(failure.ReasonDecode, "the pod address is invalid")
	}
	at, _ := p.metricsEndpoint()
	target := at.scheme + "://" + net.JoinHostPort(p.Status.IP, strconv.Itoa(at.port)) + "/metrics"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return nil, failure.FromTransport(err)
	}
	request.Header.Set("Accept", textFormat)
	answer, err := s.client.Do(request)
	if err != nil {
		return nil, failure.FromTransport(err)
	}
	return checkResponse(answer, func([]byte) string { return "" })
}

func (s direct) close() { s.client.CloseIdleConnections() }

// checkResponse returns the body of a successful answer. status returns the error of an API server that answers
// in place of the controller; empty if the controller answered.
func checkResponse(answer *http.Response, status func(checkResponse []byte) string) (io.ReadCloser, error) {
	if answer.StatusCode == http.StatusOK {
		return httpclient.LimitBody(answer.Body, maxMetrics), nil
	}
	defer func() { _ = answer.Body.Close() }()
	said, _ := io.ReadAll(answer.Body) // bounded by the client
	reason, by := failure.ReasonHTTP, "the controller"
	api := status(said)
	if api != "" {
		by = "the API server"
	}
	refused := answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden
	switch {
	case refused && api != "":
		reason = failure.ReasonForbidden
	case refused:
		reason = failure.ReasonUnauthorized
	case answer.StatusCode == http.StatusNotFound:
		reason = failure.ReasonNotFound
	case answer.StatusCode == http.StatusGatewayTimeout:
		reason = failure.ReasonTimeout
	}
	return nil, failure.Errorf(reason, "%s returned status %d", by, answer.StatusCode)
}

// apiStatus returns the reason in an object of kind Status. The API server answers with such an object, and
// controllers behind its proxy do not.
func apiStatus(body []byte) string {
	var status struct {
		Kind       string `json:"kind"`
		APIVersion string `json:"apiVersion"`
		Reason     string `json:"reason"`
	}
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || json.Unmarshal(body, &status) != nil || status.Kind != "Status" || status.APIVersion != "v1" {
		return ""
	}
	return cmp.Or(status.Reason, "Unknown")
}

// readFailure classifies an error while reading a body.
func readFailure(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case err == nil, errors.As(err, new(*failure.Error)):
		return err
	case errors.Is(err, failure.ErrTooLarge):
		return &failure.Error{Reason: failure.ReasonTooLarge, Err: err}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return failure.Errorf(failure.ReasonDecode, "the response has Content-Encoding gzip, but is not gzip")
	}
	return failure.FromTransport(err)
}
