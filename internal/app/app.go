// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package app wires the exporter together.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/notify"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/server"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Options are the settings of one run, from the command line.
type Options struct {
	ConfigFile string
	// Contexts are the clusters if there is no ConfigFile. The rest of the configuration is then the default.
	Contexts *fleet.Contexts
	// ListenAddresses have the form host:port. Port 0 selects a free port.
	ListenAddresses []string
	// WebConfigFile turns on TLS and authentication (exporter-toolkit).
	WebConfigFile string
	// ProbeAddress is the address of an additional listener without TLS and authentication, for the probes of the kubelet.
	// It is optional.
	ProbeAddress string
	EnablePprof  bool
	// EnableLifecycle serves /-/reload.
	EnableLifecycle bool
	// KubernetesAuth may be nil.
	KubernetesAuth *KubernetesAuth
	MaxRequests    int
	// Shard is the part of the fleet that this exporter watches.
	Shard fleet.Shard
	// SyncTimeout is the maximum time that the initial sync may last without receiving an object. While objects arrive, it
	// may last ten times as long.
	SyncTimeout time.Duration
	// ProbeInterval is the interval of the probes of a cluster; 15 s by default.
	ProbeInterval time.Duration
	// HealthInterval is the interval of evaluations of the rules if nothing changes; 15 s by default.
	HealthInterval time.Duration
	// Reload requests a reload, in production by SIGHUP. It may be nil.
	Reload <-chan os.Signal
	Log    *slog.Logger
	// Dial opens the connections of probes; the default is a [net.Dialer]. Tests set it, because
	// EndpointSlices must not contain loopback addresses.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Now returns the current time; the default is time.Now.
	Now func() time.Time
	// Listening is called with the addresses when the listeners are open. It may be nil.
	Listening func(addresses []net.Addr)

	once bool // for a single report
	// The following exist for the whole run, across reloads.
	scrapes    *notify.Scrapes
	identities *watch.Identities
	memories   *watch.Memories
	buffers    *fleet.Buffers
	changes    *changes.Log
}

// app is a running exporter.
type app struct {
	options Options
	ctx     context.Context // ends with the run; contexts after a reload are derived from it
	current atomic.Pointer[generation]
	self    *selfMetrics

	reloading    sync.Mutex // guards the following fields; held while the configuration is replaced
	files        []string   // files of the last valid configuration
	loadedHashes string     // hashes of the files when they were last loaded, valid or not
}

// Run serves until ctx ends. It returns an error if the configuration is invalid or listening on an
// address fails.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := newApp(ctx, o)
	s, err := o.settings(ctx)
	if err != nil {
		return ConfigError{err}
	}
	a.files, a.loadedHashes = s.files, s.hashes
	listeners, err := listen(ctx, o.ListenAddresses)
	defer closeAll(listeners)
	if err != nil {
		return err
	}
	var probes []net.Listener
	if o.ProbeAddress != "" {
		probes, err = listen(ctx, []string{o.ProbeAddress})
		defer closeAll(probes)
		if err != nil {
			return err
		}
	}
	auth, end, err := o.KubernetesAuth.connect(ctx, a)
	if err != nil {
		return err
	}
	defer end()
	handler, err := a.handler(auth)
	if err != nil {
		return err
	}
	g, err := a.prepare(s, nil, func(*generation) error { return nil }) // do not wait: /-/ready reports the progress
	if err != nil {
		return err
	}
	a.activate(g)
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
			if err := server.Serve(ctx, h, l, webConfig, a.self.refusals, o.Log); err != nil {
				failed <- err
			}
			cancel()
		})
	}
	serve(handler, listeners, o.WebConfigFile)
	if probes != nil {
		serve(server.ProbeHandler(a.ready), probes, "")
	}
	tasks.Go(func() { a.follow(ctx) })
	<-ctx.Done()
	o.Log.Info("shutting down; finishing running requests")
	tasks.Wait() // before the rows are removed
	a.reloading.Lock()
	defer a.reloading.Unlock()
	a.current.Load().stop()
	close(failed)
	return <-failed // nil if nothing has failed
}

// prepare starts the watches and probes of a configuration, and calls wait. Discovery starts with the clusters of old,
// which may be nil.
func (a *app) prepare(s *settings, old *generation, wait func(*generation) error) (*generation, error) {
	g, err := newGeneration(a.ctx, s, a.self, a.options, old)
	if err != nil {
		return nil, err
	}
	if err := wait(g); err != nil {
		g.stop()
		return nil, err
	}
	return g, nil
}

// activate replaces the current generation by g and stops the replaced generation.
func (a *app) activate(g *generation) {
	old := a.current.Load()
	g.takeOver(a.ctx, old)
	a.current.Store(g)
	if old != nil {
		old.stop()
	}
}

// ConfigError is an error in the configuration or the flags, not a failure at run time.
type ConfigError struct{ error }

// Unwrap returns the error itself.
func (e ConfigError) Unwrap() error { return e.error }

func newApp(ctx context.Context, o Options) *app {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.scrapes, o.identities, o.memories = notify.NewScrapes(nil), watch.NewIdentities(), watch.NewMemories()
	o.changes, o.buffers = changes.NewLog(0, 0), fleet.NewBuffers()
	return &app{options: o, ctx: ctx, self: newSelfMetrics(o.Shard, o.KubernetesAuth != nil, o.Log)}
}

func (a *app) handler(auth *server.KubernetesAuth) (http.Handler, error) {
	return server.Handler(server.Options{
		Metrics: a.options.scrapes.Observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a.current.Load().handler.ServeHTTP(w, r)
		})),
		Ready:      a.ready,
		SecretFlow: func() secretflow.Report { return a.current.Load().secretFlow() },
		Clusters:   func() fleetreport.Report { return a.current.Load().fleetReport() },
		Report:     func(ctx context.Context) (health.Report, error) { return a.current.Load().report(ctx) },
		Objects:    func(q objects.Query) objects.List { return a.current.Load().listObjects(q) },
		Object:     func(n objects.Node) (objects.Detail, bool) { return a.current.Load().objects().Get(n) },
		Changes: func(q changes.Query) changes.List {
			list := a.options.changes.List(q, a.options.Now())
			list.Partial = a.options.Shard.Divided()
			return list
		},
		Verdicts:    a.options.changes.Verdicts,
		SilenceLink: func(alerts []map[string]string) string { return a.current.Load().notifier.SilenceLink(alerts) },
		Kinds:       objectKinds(Watched()),
		Evaluated:   func() time.Time { return a.current.Load().health.LastEvaluation() },
		OpenAPI:     health.OpenAPI(),
		Reload:      a.reload,
		Registry:    a.self,
		MaxRequests: a.options.MaxRequests, Refusals: a.self.refusals,
		EnablePprof: a.options.EnablePprof, EnableLifecycle: a.options.EnableLifecycle,
		KubernetesAuth: auth,
	})
}

func (a *app) ready() bool { return a.current.Load().isReady() }

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
