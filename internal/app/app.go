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
	// Reload asks for a reload; SIGHUP in production. May be nil.
	Reload <-chan os.Signal
	Log    *slog.Logger
	// Dial opens the connections of probes; nil is a [net.Dialer]. Tests use it:
	// EndpointSlices may not have loopback addresses.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Listening is called with the addresses once the listeners are open. May be
	// nil.
	Listening func(addresses []net.Addr)
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
	seen := digest(o.ConfigFile)
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
	g, err := newGeneration(ctx, c, a.registry, o, nil)
	if err != nil {
		closeAll(append(listeners, probes...))
		return err
	}
	a.current.Store(g)
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
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a.current.Load().handler.ServeHTTP(w, r)
		}),
		Ready:       a.ready,
		SecretFlow:  func() any { return a.current.Load().secretFlow() },
		Clusters:    func() any { return a.current.Load().fleetReport() },
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
	a.current.Store(next)
	old.stop()
	return nil
}

// wait returns when done says so, or with an error when nobody waits any longer.
func (a *app) wait(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
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
func (a *app) follow(ctx context.Context, seen [sha256.Size]byte) {
	tick := time.NewTicker(fileInterval)
	defer tick.Stop()
	for last := seen; ; {
		var now [sha256.Size]byte
		select {
		case <-ctx.Done():
			return
		case <-a.options.Reload:
			now = digest(a.options.ConfigFile)
		case <-tick.C:
			if now = digest(a.options.ConfigFile); now == seen || now != last {
				last = now
				continue
			}
		}
		seen, last = now, now
		_ = a.reload(ctx) // logged and counted
	}
}

func digest(file string) [sha256.Size]byte {
	f, err := os.Open(file)
	if err != nil {
		return [sha256.Size]byte{}
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	_, _ = io.Copy(h, f)
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
