// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package app puts the rooms of the house together: options in, a running
// exporter out.
package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	promcollectors "github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/notify"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/server"
)

// Options are the settings of one run, from the command line.
type Options struct {
	ConfigFile string
	// ListenAddresses are host:port; port 0 is a free one.
	ListenAddresses []string
	// WebConfigFile turns on TLS and authentication (exporter-toolkit).
	WebConfigFile string
	// ProbeAddress serves the probes, without TLS and authentication. Empty: no
	// such listener.
	ProbeAddress string
	EnablePprof  bool
	MaxRequests  int
	// Shard is the part of the fleet that this exporter watches.
	Shard fleet.Shard
	// SyncTimeout is how long the first scrape may wait for the fleet.
	SyncTimeout time.Duration
	// ProbeInterval is how often a cluster is probed; 15 s by default.
	ProbeInterval time.Duration
	// HealthInterval is how often the rules are evaluated; 15 s by default.
	HealthInterval time.Duration
	// Reload asks for a reload; SIGHUP in production. May be nil.
	Reload <-chan os.Signal
	Log    *slog.Logger
	// Dial opens the connections of probes; nil is a [net.Dialer]. Tests use it:
	// EndpointSlices may not have loopback addresses.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Listening is called with the addresses once the listeners are open. May be
	// nil.
	Listening func(addresses []net.Addr)

	once    bool            // see report
	scrapes *notify.Scrapes // those of this run
}

// app is one running exporter.
type app struct {
	options  Options
	ctx      context.Context // of the run: what reloads start lives until it ends
	current  atomic.Pointer[generation]
	registry *prometheus.Registry

	reloading     sync.Mutex
	reloadOK      prometheus.Gauge
	reloadSuccess prometheus.Gauge
}

// Run serves until ctx ends. It returns an error when the configuration is bad
// or an address cannot be listened on.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := newApp(ctx, o)
	seen := a.look()
	c, err := LoadConfig(o.ConfigFile)
	if err != nil {
		return ConfigError{err}
	}
	listeners, err := listen(ctx, o.ListenAddresses)
	if err != nil {
		return err
	}
	var probes []net.Listener
	if o.ProbeAddress != "" {
		if probes, err = listen(ctx, []string{o.ProbeAddress}); err != nil {
			closeAll(listeners)
			return err
		}
	}
	handler, err := a.handler()
	if err != nil {
		closeAll(append(listeners, probes...))
		return err
	}
	g, err := newGeneration(ctx, c, a.registry, a.options, nil)
	if err != nil {
		closeAll(append(listeners, probes...))
		return err
	}
	a.current.Store(g)
	seen.rules = digest(a.ruleFiles()...)
	g.watchHealth(a.ctx)
	g.startNotifying(a.ctx)
	a.reloaded(nil)
	if o.Listening != nil {
		addresses := make([]net.Addr, len(listeners))
		for i, l := range listeners {
			addresses[i] = l.Addr()
		}
		o.Listening(addresses)
	}

	var tasks sync.WaitGroup
	failed := make(chan error, 2)
	serve := func(h http.Handler, l []net.Listener, webConfig string) {
		tasks.Go(func() {
			if err := server.Serve(ctx, h, l, webConfig, o.Log); err != nil {
				failed <- err
			}
			cancel()
		})
	}
	serve(handler, listeners, o.WebConfigFile)
	if probes != nil {
		serve(server.Probes(a.ready), probes, "")
	}
	tasks.Go(func() { a.follow(ctx, seen) })
	<-ctx.Done()
	o.Log.Info("stopping, requests that are under way are finished")
	tasks.Wait() // requests are finished before the rows go
	a.reloading.Lock()
	defer a.reloading.Unlock()
	a.current.Load().stop()
	close(failed)
	return <-failed // nil when there is none
}

// ConfigError is an error in what the user wrote, as opposed to one in what
// happened.
type ConfigError struct{ error }

// Unwrap returns the error itself.
func (e ConfigError) Unwrap() error { return e.error }

func newApp(ctx context.Context, o Options) *app {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.scrapes = notify.NewScrapes(nil)
	a := &app{
		options:  o,
		ctx:      ctx,
		registry: prometheus.NewRegistry(),
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cobaltcore_config_last_reload_successful",
			Help: "Whether the last attempt to load the configuration succeeded. If not, the one before is in force.",
		}),
		reloadSuccess: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cobaltcore_config_last_reload_success_timestamp_seconds",
			Help: "When the configuration was last loaded with success.",
		}),
	}
	a.registry.MustRegister(
		a.reloadOK, a.reloadSuccess,
		versioncollector.NewCollector("cobaltcore"),
		promcollectors.NewGoCollector(),
		promcollectors.NewProcessCollector(promcollectors.ProcessCollectorOpts{}),
	)
	if o.Shard.Divided() {
		a.registry.MustRegister(shardInfo(o.Shard))
	}
	return a
}

// SelfMetrics gathers the metrics of the exporter itself, also those that only
// one of several has.
func SelfMetrics() prometheus.Gatherer {
	a := newApp(context.Background(), Options{Shard: fleet.Shard{Count: 1}})
	_, _ = a.handler() // registers those of the handler, and cannot fail before it serves
	return a.registry
}

func (a *app) handler() (http.Handler, error) {
	return server.Handler(server.Options{
		Metrics: a.options.scrapes.Watch(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a.current.Load().handler.ServeHTTP(w, r)
		})),
		Ready:       a.ready,
		SecretFlow:  func() secretflow.Report { return a.current.Load().secretFlow() },
		Clusters:    func() fleetreport.Report { return a.current.Load().fleetReport() },
		Report:      func(ctx context.Context) (health.Report, error) { return a.current.Load().report(ctx) },
		OpenAPI:     health.OpenAPI(),
		Reload:      a.reload,
		Registry:    a.registry,
		MaxRequests: a.options.MaxRequests,
		EnablePprof: a.options.EnablePprof,
	})
}

func (a *app) ready() bool { return a.current.Load().isReady() }

// reload applies the configuration file whole or not at all. It returns when
// what it says is being served.
func (a *app) reload(ctx context.Context) error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	err := a.load(ctx)
	a.reloaded(err)
	return err
}

func (a *app) load(ctx context.Context) error {
	c, err := LoadConfig(a.options.ConfigFile)
	if err != nil {
		return err
	}
	old := a.current.Load()
	if old.fits(c) {
		deadline := time.Now().Add(a.options.SyncTimeout)
		return old.apply(a.ctx, c, func(settled func() bool) error {
			return a.wait(ctx, func() bool { return settled() || time.Now().After(deadline) })
		})
	}
	next, err := newGeneration(a.ctx, c, a.registry, a.options, old.discovery)
	if err != nil {
		return err
	}
	if err := a.wait(ctx, next.isReady); err != nil {
		next.stop()
		return err
	}
	next.health.Adopt(old.health)
	next.adoptNotifier(old)
	a.current.Store(next)
	next.watchHealth(a.ctx)
	next.startNotifying(a.ctx)
	old.stop()
	return nil
}

// wait returns when done says so, or with an error when nobody waits any longer.
func (a *app) wait(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the fleet: %w", context.Cause(ctx))
		case <-a.ctx.Done():
			return errors.New("the exporter is stopping")
		}
	}
	return nil
}

func (a *app) reloaded(err error) {
	if err != nil {
		a.reloadOK.Set(0)
		a.options.Log.Error("configuration not loaded, the one before stays in force", "file", a.options.ConfigFile, "err", err)
		return
	}
	a.reloadOK.Set(1)
	a.reloadSuccess.SetToCurrentTime()
	a.options.Log.Info("configuration loaded", "file", a.options.ConfigFile)
}

// fileInterval is how often the configuration file is looked at: a ConfigMap
// that is mounted sends no signal when it changes.
const fileInterval = 2 * time.Second

// follow reloads on request and when the file is no longer what was seen of it.
// A change counts when two looks agree on it: half a file may be valid, too.
func (a *app) follow(ctx context.Context, seen sight) {
	tick := time.NewTicker(fileInterval)
	defer tick.Stop()
	for last := seen; ; {
		var now sight
		select {
		case <-ctx.Done():
			return
		case <-a.options.Reload:
			now = a.look()
		case <-tick.C:
			if now = a.look(); now == seen || now != last {
				last = now
				continue
			}
		}
		_ = a.reload(ctx)                    // logged and counted
		now.rules = digest(a.ruleFiles()...) // it may name others now
		seen, last = now, now
	}
}

// sight is what files held when they were looked at.
type sight struct{ config, rules [sha256.Size]byte }

func (a *app) look() sight {
	return sight{config: digest(a.options.ConfigFile), rules: digest(a.ruleFiles()...)}
}

// ruleFiles are those of the configuration that is in force.
func (a *app) ruleFiles() []string {
	g := a.current.Load()
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.config.Rules.Files
}

func digest(files ...string) [sha256.Size]byte {
	h := sha256.New()
	for _, file := range files {
		if f, err := os.Open(file); err == nil {
			_, _ = io.Copy(h, f)
			_ = f.Close()
		}
		_, _ = h.Write([]byte{0xff}) // is in no text
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func listen(ctx context.Context, addresses []string) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, address := range addresses {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err != nil {
			closeAll(listeners)
			return nil, fmt.Errorf("listen on %s: %w", address, err)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close()
	}
}
