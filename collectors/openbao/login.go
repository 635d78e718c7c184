// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/metrics"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
)

// loginProbe logs in to OpenBao like a workload of a cluster. OpenBao then asks the API server of that cluster to review
// the token, with a token of its own that may have expired, and over a network that may be interrupted. No other check
// detects such a failure before secrets become stale.
type loginProbe struct {
	o       config.OpenBao
	mount   string
	cluster *fleet.Client
	nodes   nodeapi.Source
	group   *exposition.Group
	site    collectors.Site

	mu      sync.Mutex
	settled bool
	state   status.Status
	failing map[string]*failure.Steady // by step
}

func newLogin(o config.OpenBao, site collectors.Site) *loginProbe {
	key := exposition.Key{Cluster: site.Cluster.Name, Collector: Name, Kind: o.Name + "/login"}
	site.Log = site.Log.With("openbao", o.Name)
	l := &loginProbe{
		o:       o,
		mount:   strings.ReplaceAll(o.LoginProbe.Mount, "{cluster}", site.Cluster.Name),
		cluster: fleet.NewClient(site.Cluster, fleet.ClientOptions{Buffers: site.Buffers}),
		nodes:   nodeapi.NewLive(withProbeInterval(o), site, site.Log),
		group:   site.Exposition.Group(key, metrics.LoginFamilies()), site: site,
	}
	l.state.Errors = map[string]uint64{}
	l.failing = map[string]*failure.Steady{stepToken: {}, stepLogin: {}}
	return l
}

// withProbeInterval returns a configuration in which nodes are looked up as often as the probe runs.
func withProbeInterval(o config.OpenBao) config.OpenBao {
	o.Interval = o.LoginProbe.Interval
	return o
}

// Groups returns the group with the rows of the probe.
func (l *loginProbe) Groups() []*exposition.Group { return []*exposition.Group{l.group} }

// Settled reports whether a login has been tried.
func (l *loginProbe) Settled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settled
}

// Status returns the state of the probe: it is up if a login was answered, even with a refusal. If the cluster issues no
// token, no login is sent.
func (l *loginProbe) Status() status.Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.state
	s.Errors = maps.Clone(s.Errors)
	return s
}

// Run logs in at each interval until ctx ends.
func (l *loginProbe) Run(ctx context.Context) {
	var tasks sync.WaitGroup
	tasks.Go(func() { l.nodes.Run(ctx) })
	tasks.Go(func() {
		defer l.nodes.Close()
		defer l.cluster.Close()
		tick := time.NewTicker(time.Duration(l.o.LoginProbe.Interval))
		defer tick.Stop()
		for {
			if l.nodes.Known() {
				l.runOnce(ctx)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			case <-l.nodes.Changed():
			}
		}
	})
	tasks.Wait()
}

func (l *loginProbe) runOnce(ctx context.Context) {
	start := time.Now()
	took, step, err := l.login(ctx)
	if ctx.Err() != nil {
		return
	}
	reason, begun := l.recordFailure(step, err)
	l.group.Set("", l.group.Rows(), func(r *exposition.Rows) {
		if step != stepToken { // otherwise it is unknown whether a workload could log in
			r.Bool(metrics.LoginSuccess, err == nil, l.o.Name, l.mount, l.o.Identity())
		}
		if err != nil {
			r.Add(metrics.LoginFailing, 1, l.o.Name, l.mount, l.o.Identity(), step, reason)
			return
		}
		r.Add(metrics.LoginDuration, took.Seconds(), l.o.Name, l.mount)
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settled, l.state.Took = true, time.Since(start)
	l.state.Up, l.state.Reason = step != stepToken && !failure.NoAnswer(err), failure.Reason(reason)
	if l.state.Up {
		l.state.LastSuccess = time.Now()
	}
	if err != nil {
		l.state.Errors[string(failure.ReasonOf(err))]++
		if begun {
			l.site.Log.Warn("login probe failed", "mount", l.mount, "step", step, "reason", reason, "err", err)
		}
	}
}

// recordFailure returns the reason of the series of failures of a step, and whether the series is new.
func (l *loginProbe) recordFailure(step string, err error) (reason string, begun bool) {
	for _, s := range []string{stepToken, stepLogin} {
		if err == nil || s != step {
			l.failing[s].Succeed()
		}
	}
	if err == nil {
		return "", false
	}
	was := l.failing[step].Reason
	l.failing[step].Fail(failure.ReasonOf(err))
	return string(l.failing[step].Reason), l.failing[step].Reason != was
}

// The steps of a probe.
const (
	stepToken = "token"
	stepLogin = "login"
)

// login requests a token from the cluster and logs in with it. It returns the duration of the login, or the step that
// failed.
func (l *loginProbe) login(ctx context.Context) (took time.Duration, step string, err error) {
	jwt, err := serviceAccountToken(ctx, l.cluster, l.o.LoginProbe)
	if err != nil {
		return 0, stepToken, err
	}
	node, err := l.node(ctx)
	if err != nil {
		return 0, stepLogin, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(l.o.Timeout))
	defer cancel()
	start := time.Now()
	got, err := node.Login(ctx, l.mount, l.o.LoginProbe.Role, jwt)
	took = time.Since(start)
	if err != nil {
		return took, stepLogin, err
	}
	if !got.Batch {
		node.Revoke(ctx, got.Token)
	}
	return took, "", nil
}

// tokenRequest has the fields of a TokenRequest that are used.
type tokenRequest struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Spec       struct {
		Audiences         []string `json:"audiences,omitempty"`
		ExpirationSeconds int      `json:"expirationSeconds"`
	} `json:"spec"`
	Status struct {
		Token string `json:"token"`
	} `json:"status"`
}

// tokenLife is the shortest lifetime of a token that an API server grants, in seconds.
const tokenLife = 600

// poster is the part of [fleet.Client] that requests a token.
type poster interface {
	Post(ctx context.Context, path string, in, out any) error
}

func serviceAccountToken(ctx context.Context, api poster, probe config.OpenBaoLoginProbe) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, nodeapi.FindTimeout)
	defer cancel()
	account := probe.ServiceAccount
	path := "/api/v1/namespaces/" + url.PathEscape(account.Namespace) + "/serviceaccounts/" + url.PathEscape(account.Name) + "/token"
	request := tokenRequest{APIVersion: "authentication.k8s.io/v1", Kind: "TokenRequest"}
	request.Spec.Audiences, request.Spec.ExpirationSeconds = probe.Audiences, tokenLife
	var got tokenRequest
	if err := api.Post(ctx, path, request, &got); err != nil {
		return "", failure.FromAPI(err)
	}
	if got.Status.Token == "" {
		return "", failure.Errorf(failure.ReasonDecode, "the API server returned no token")
	}
	return got.Status.Token, nil
}

// node returns a node that can answer a login: the active node, or a standby, which forwards it.
func (l *loginProbe) node(ctx context.Context) (nodeapi.Node, error) {
	clients, failures := l.nodes.Current()
	ctx, cancel := context.WithTimeout(ctx, time.Duration(l.o.Timeout))
	defer cancel()
	err := error(failure.Errorf(nodeapi.ReasonNoLeader, "there is no node"))
	if len(failures) > 0 {
		err = failures[0].Err
	}
	names := slices.Sorted(maps.Keys(clients))
	states, errs := make([]metrics.State, len(names)), make([]error, len(names))
	var tasks sync.WaitGroup
	for n, name := range names {
		tasks.Go(func() {
			var h *nodeapi.Health
			h, errs[n] = nodeapi.QueryHealth(ctx, clients[name])
			states[n] = metrics.StateOf(h)
		})
	}
	tasks.Wait()
	// Sorted by name, so that a failure with several reasons always has the same one.
	found := map[metrics.State]nodeapi.Node{}
	for n, name := range names {
		found[states[n]] = clients[name]
		switch states[n] {
		case metrics.Down:
			err = errs[n]
		case metrics.Sealed, metrics.Uninitialized:
			err = failure.Errorf(nodeapi.ReasonSealed, "node %s is %s", name, states[n])
		}
	}
	for _, good := range []metrics.State{metrics.Active, metrics.Standby} {
		if a := found[good]; a != nil {
			return a, nil
		}
	}
	return nil, err
}
