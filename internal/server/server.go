// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package server serves the routes of the exporter.
package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/server/page"
)

// Options has the dependencies of the routes.
type Options struct {
	// Metrics serves /metrics once Ready is true.
	Metrics http.Handler
	// Ready reports whether the initial sync has ended.
	Ready func() bool
	// SecretFlow returns the answer to GET /api/v1/secretflow, as JSON.
	SecretFlow func() secretflow.Report
	// Clusters returns the answer to GET /api/v1/clusters, as JSON.
	Clusters func() fleetreport.Report
	// Report returns the response to GET /api/v1/report, as JSON.
	Report func(context.Context) (health.Report, error)
	// Objects returns the answer to GET /api/v1/objects, as JSON or CSV.
	Objects func(objects.Query) objects.List
	// Object returns the answer to GET /api/v1/objects/{cluster}/{kind}/{namespace}/{name}, as
	// JSON; ok is false if the object does not exist.
	Object func(objects.Node) (objects.Detail, bool)
	// Changes returns the answer to GET /api/v1/changes, as JSON.
	Changes func(changes.Query) changes.List
	// Verdicts returns the verdicts on a system in a cluster during the last day, the oldest first.
	Verdicts func(cluster, system string) []changes.VerdictSince
	// SilenceLink returns the URL of a form for silencing alerts with some labels; empty if none is
	// configured.
	SilenceLink func(alerts []map[string]string) string
	// Kinds are the kinds whose objects have pages.
	Kinds []objects.Kind
	// Evaluated returns the time of the last evaluation of the rules.
	Evaluated func() time.Time
	// OpenAPI is the OpenAPI document, as JSON.
	OpenAPI []byte
	// Reload applies the configuration file, or returns an error.
	Reload func(context.Context) error
	// Registry gets the metrics of the metrics handler.
	Registry prometheus.Registerer
	// MaxRequests is the maximum number of concurrent scrapes; 0 means no limit.
	MaxRequests int
	// Refusals counts requests beyond MaxRequests. May be nil.
	Refusals    *Refusals
	EnablePprof bool
	// EnableLifecycle serves /-/reload.
	EnableLifecycle bool
	// KubernetesAuth authorizes requests, except those of probes; nil allows all.
	KubernetesAuth *KubernetesAuth
}

// Handler returns all routes.
func Handler(o Options) (http.Handler, error) {
	limited := func(h http.Handler) http.Handler { return limitRequests(o.MaxRequests, o.Refusals, h) }
	mux := http.NewServeMux()
	addProbes(mux, o.Ready)
	mux.Handle("/metrics", promhttp.InstrumentMetricHandler(o.Registry, limited(requireReady(o.Ready, o.Metrics))))
	mux.Handle("GET /api/v1/secretflow", limited(requireReady(o.Ready, newCache(serveJSON(withoutError(o.SecretFlow)), o.Evaluated))))
	// Also before Ready, because it lists the clusters that are not complete.
	mux.Handle("GET /api/v1/clusters", limited(serveJSON(withoutError(o.Clusters))))
	mux.Handle("GET /api/v1/report", limited(requireReady(o.Ready, newCache(serveReport(o.Report), o.Evaluated))))
	mux.Handle("GET /api/v1/objects", limited(requireReady(o.Ready, negotiateFormat(newCache(serveObjects(o.Objects), o.Evaluated)))))
	mux.Handle("GET /api/v1/objects/{cluster}/{kind}/{namespace}/{name}", limited(requireReady(o.Ready, newCache(serveObject(o.Object), o.Evaluated))))
	mux.Handle("GET /api/v1/changes", limited(requireReady(o.Ready, newCache(serveChanges(o.Changes), o.Evaluated))))
	mux.HandleFunc("GET /api/v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentTypeJSON)
		_, _ = w.Write(o.OpenAPI)
	})
	mux.HandleFunc("POST /-/reload", func(w http.ResponseWriter, r *http.Request) {
		if !o.EnableLifecycle {
			http.Error(w, "reload over HTTP is disabled: start with --web.enable-lifecycle, or send SIGHUP", http.StatusForbidden)
			return
		}
		if err := o.Reload(r.Context()); err != nil {
			http.Error(w, "reload: "+err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = fmt.Fprintln(w, "reloaded")
	})
	if o.EnablePprof {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	notFound, err := page.Register(mux, page.Options{
		Ready: o.Ready, Report: o.Report, Objects: o.Objects, Object: o.Object, Changes: o.Changes, Verdicts: o.Verdicts, Kinds: o.Kinds,
		SecretFlow: o.SecretFlow, Clusters: o.Clusters, SilenceLink: o.SilenceLink, Version: version.Info(), Pprof: o.EnablePprof,
		Limit: func(h http.Handler) http.Handler { return limited(newCache(h, o.Evaluated)) },
	})
	if err != nil {
		return nil, fmt.Errorf("web page: %w", err)
	}
	routes := explainNotFound(mux, notFound)
	if o.KubernetesAuth != nil {
		routes = o.KubernetesAuth.protect(routes, o.Ready)
	}
	return paceWrites(http.NewCrossOriginProtection().Handler(routes)), nil
}

// ProbeHandler returns only the routes for probes, to be served without TLS and authentication.
func ProbeHandler(ready func() bool) http.Handler {
	mux := http.NewServeMux()
	addProbes(mux, ready)
	return mux
}

func addProbes(mux *http.ServeMux, ready func() bool) {
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "healthy")
	})
	mux.Handle("GET /-/ready", requireReady(ready, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "ready")
	})))
}

// requireReady returns status 503 until ready returns true, because incomplete rows would look as if objects had been
// deleted.
func requireReady(ready func() bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ready() {
			w.Header().Set("Retry-After", "1")
			writeError(w, r, "the initial sync with the fleet is not complete", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

const contentTypeJSON = "application/json; charset=utf-8"

// serveJSON serves the result of get.
func serveJSON[T any](get func(context.Context) (T, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := get(r.Context())
		var text []byte
		if err == nil {
			text, err = json.MarshalIndent(answer, "", "  ")
		}
		if err != nil {
			writeError(w, r, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", contentTypeJSON)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(append(text, '\n'))
	})
}

// serveReport serves a page of the report.
func serveReport(get func(context.Context) (health.Report, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, err := health.ParsePage(r.URL.Query())
		if err != nil {
			writeError(w, r, err.Error(), http.StatusBadRequest)
			return
		}
		serveJSON(func(ctx context.Context) (health.Report, error) {
			report, err := get(ctx)
			if report = report.Page(page); report.Next != "" {
				values := r.URL.Query()
				values.Set("next", report.Next)
				w.Header().Set("Link", `<?`+values.Encode()+`>; rel="next"`)
			}
			return report, err
		}).ServeHTTP(w, r)
	})
}

// withoutError adapts a function that cannot fail.
func withoutError[T any](get func() T) func(context.Context) (T, error) {
	return func(context.Context) (T, error) { return get(), nil }
}

const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = time.Minute // no request has a body
	writeTimeout      = 2 * time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeader         = 64 << 10
	// maxStreams bounds the concurrent requests of an HTTP/2 connection. Requests that are reset at
	// once do not count; with four times as many of them, the connection is closed.
	maxStreams = 20
	// shutdownTimeout is short so that a restart is not delayed: a client that does not read its
	// answer is cut off.
	shutdownTimeout = 4 * time.Second
)

// Serve serves handler on the listeners until ctx ends, and then finishes running requests.
// webConfig is an exporter-toolkit configuration file, or empty. Refused connections are counted in
// refused, which may be nil.
func Serve(ctx context.Context, handler http.Handler, listeners []net.Listener, webConfig string, refused *Refusals,
	log *slog.Logger) error {
	config, err := CheckWebConfig(ctx, webConfig)
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		MaxHeaderBytes:    maxHeader,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		Protocols:         config.protocols(),
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	listeners = limitConnections(listeners, maxConnections, maxClientConnections, refused)
	ended := make(chan error, 1)
	go func() {
		systemd := false
		ended <- web.ServeMultiple(listeners, server, &web.FlagConfig{WebConfigFile: &webConfig, WebSystemdSocket: &systemd}, log)
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err = server.Shutdown(shutdown)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("shutdown timed out, closing connections of clients that do not read their answers", "timeout", shutdownTimeout.String())
		err = server.Close()
	}
	if serveErr := <-ended; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	if err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}
