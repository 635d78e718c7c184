// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"net/http"
	"path"
	"slices"
	"time"

	runtime "github.com/go-openapi/runtime/client"
	"github.com/go-openapi/strfmt"
	"github.com/prometheus/alertmanager/api/v2/client"
	"github.com/prometheus/alertmanager/api/v2/client/alert"
	"github.com/prometheus/alertmanager/api/v2/client/silence"
	"github.com/prometheus/alertmanager/api/v2/models"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// batchSize is the number of alerts in one request, as in Prometheus.
const batchSize = 256

// The names of the endpoints in the log.
const (
	endpointPush     = "POST /alerts"
	endpointAlerts   = "GET /alerts"
	endpointSilences = "GET /silences"
)

// connection is a connection to a peer for one round.
type connection struct {
	api     *client.AlertmanagerAPI
	err     error // the peer cannot be used
	timeout time.Duration
	link    string // URL in sent alerts
}

// connect returns connections to all peers, with the present content of the files.
func (n *Notifier) connect(ctx context.Context) []connection {
	settings, _, err := n.tls.Reload(n.options.Log)
	var t *transport
	if settings != nil { // otherwise the previous settings stay in use
		t, err = newTransport(ctx, n.options, settings)
	}
	all := make([]connection, len(n.peers))
	for i, p := range n.peers {
		all[i] = connection{err: err, timeout: min(maxTimeout, n.interval/lifetimeIntervals), link: n.options.Config.ExternalURL}
		if err == nil {
			r := runtime.NewWithClient(p.url.Host, path.Join("/", p.url.Path, "/api/v2"), []string{p.url.Scheme}, &http.Client{Transport: t})
			r.Debug = false // the library turns it on by an environment variable, and then prints everything
			all[i].api = client.New(r, strfmt.Default)
		}
	}
	return all
}

// peerAnswer has the results of a round with one peer.
type peerAnswer struct {
	alerts  models.GettableAlerts
	err     error // why the alerts are unknown
	pushed  uint64
	pushErr error
}

// failures returns the failures for the journal; silences is the error of reading silences.
func (a peerAnswer) failures(silences error) failure.List {
	var all failure.List
	for _, f := range []struct {
		endpoint string
		err      error
	}{{endpointPush, a.pushErr}, {endpointAlerts, a.err}, {endpointSilences, silences}} {
		if f.err != nil {
			all.Add(f.endpoint, f.err)
		}
	}
	return all
}

// exchange sends alerts to a peer and reads its alerts.
func (c connection) exchange(ctx context.Context, out []sentAlert) peerAnswer {
	if c.err != nil {
		a := peerAnswer{err: classify(c.err)}
		if len(out) > 0 {
			a.pushErr = a.err
		}
		return a
	}
	var a peerAnswer
	a.pushed, a.pushErr = c.push(ctx, out)
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	got, err := c.api.Alert.GetAlerts(alert.NewGetAlertsParamsWithContext(ctx).WithTimeout(c.timeout))
	if err != nil {
		a.err = classify(err)
		return a
	}
	a.alerts = got.Payload
	return a
}

// push sends alerts in batches and returns the number of accepted alerts.
func (c connection) push(ctx context.Context, out []sentAlert) (taken uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	for part := range slices.Chunk(out, batchSize) {
		alerts := make(models.PostableAlerts, len(part))
		for i, s := range part {
			alerts[i] = &models.PostableAlert{
				Alert:       models.Alert{Labels: s.Labels, GeneratorURL: strfmt.URI(c.link)},
				Annotations: s.Annotations, StartsAt: strfmt.DateTime(s.StartsAt), EndsAt: strfmt.DateTime(s.endsAt),
			}
		}
		_, e := c.api.Alert.PostAlerts(alert.NewPostAlertsParamsWithContext(ctx).WithTimeout(c.timeout).WithAlerts(alerts))
		if e != nil {
			err = classify(e)
			if failure.ReasonOf(err) != reasonRejected {
				return taken, err
			}
			continue // the next batch may succeed
		}
		taken += uint64(len(part))
	}
	return taken, err
}

// readSilences reads the silences from the first peer that answers, because peers share them. It
// tries only peers that have just answered, and returns nil and the errors by peer if all fail.
func readSilences(ctx context.Context, peers []connection, answers []peerAnswer) (models.GettableSilences, []error) {
	failed := make([]error, len(peers))
	for i, c := range peers {
		if answers[i].err != nil {
			continue
		}
		got, err := c.listSilences(ctx)
		if err == nil {
			return got, failed
		}
		failed[i] = err
	}
	return nil, failed
}

func (c connection) listSilences(ctx context.Context) (models.GettableSilences, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	got, err := c.api.Silence.GetSilences(silence.NewGetSilencesParamsWithContext(ctx).WithTimeout(c.timeout))
	if err != nil {
		return nil, classify(err)
	}
	if got.Payload == nil { // null does not mean that there are none
		return nil, failure.Errorf(failure.ReasonDecode, "the response is not from an Alertmanager")
	}
	return got.Payload, nil
}
