// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// quietConfig is a configuration without notifications.
const quietConfig = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"

// AlertmanagerOptions configures an Alertmanager.
type AlertmanagerOptions struct {
	Name   string // of its directory and its log; alertmanager if it is empty
	Config string // the configuration file; one without notifications if it is empty
	Prefix string // path that its URL begins with, for example /alerts
	// Peers are running Alertmanagers that it joins. They share silences, not alerts.
	Peers []*Alertmanager
}

// Alertmanager is a running Alertmanager.
type Alertmanager struct {
	*Process
	URL string // http://127.0.0.1:port, with the prefix

	gossip string // address for its peers
	client *http.Client
}

// StartAlertmanager starts an Alertmanager with its files in dir/NAME and waits until it
// is ready and has met its peers. It lives until Stop or the end of ctx.
func StartAlertmanager(ctx context.Context, dir string, o AlertmanagerOptions) (*Alertmanager, error) {
	path, err := Tool(ctx, "alertmanager")
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(2)
	if err != nil {
		return nil, err
	}
	name := cmp.Or(o.Name, "alertmanager")
	dir, err = filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	configFile := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(configFile, []byte(cmp.Or(o.Config, quietConfig)), 0o644); err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	address, gossip := loopback(ports[0]), loopback(ports[1])
	args := []string{
		"--config.file=" + configFile, "--storage.path=" + filepath.Join(dir, "data"), "--log.level=warn",
		"--web.listen-address=" + address, "--web.route-prefix=/" + strings.Trim(o.Prefix, "/"),
		"--cluster.listen-address=" + gossip, "--cluster.advertise-address=" + gossip,
	}
	for _, peer := range o.Peers {
		args = append(args, "--cluster.peer="+peer.gossip)
	}
	process, err := Start(ctx, dir, Command{Name: name, Path: path, Args: args})
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	a := &Alertmanager{Process: process, URL: "http://" + address, gossip: gossip, client: plainClient()}
	if prefix := strings.Trim(o.Prefix, "/"); prefix != "" {
		a.URL += "/" + prefix
	}
	if err := a.WaitReady(ctx, startDeadline, func(ctx context.Context) error {
		return a.checkMembers(ctx, 1+len(o.Peers))
	}); err != nil {
		return nil, stopAfter(err, process)
	}
	return a, nil
}

// checkMembers is nil if the Alertmanager serves and knows that many members of its cluster, itself included.
func (a *Alertmanager) checkMembers(ctx context.Context, members int) error {
	var status struct {
		Cluster struct {
			Peers []struct{} `json:"peers"`
		} `json:"cluster"`
	}
	if err := a.call(ctx, http.MethodGet, "/api/v2/status", nil, &status); err != nil {
		return err
	}
	if n := len(status.Cluster.Peers); n < members {
		return fmt.Errorf("it knows %d of %d members of its cluster", n, members)
	}
	return nil
}

// AlertmanagerAlert is an alert as Alertmanager shows it.
type AlertmanagerAlert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Status       struct {
		State       string   `json:"state"` // active, suppressed, unprocessed
		SilencedBy  []string `json:"silencedBy"`
		InhibitedBy []string `json:"inhibitedBy"`
	} `json:"status"`
}

// Alerts returns the alerts that have not ended, also those that are silenced or inhibited.
func (a *Alertmanager) Alerts(ctx context.Context) ([]AlertmanagerAlert, error) {
	var alerts []AlertmanagerAlert
	if err := a.call(ctx, http.MethodGet, "/api/v2/alerts", nil, &alerts); err != nil {
		return nil, fmt.Errorf("testbed: alerts of %s: %w", a.name, err)
	}
	return alerts, nil
}

// PostAlert sends an alert that ends by itself after five minutes, Alertmanager's resolve_timeout.
func (a *Alertmanager) PostAlert(ctx context.Context, labels map[string]string) error {
	alerts := []any{map[string]any{"labels": labels}}
	if err := a.call(ctx, http.MethodPost, "/api/v2/alerts", alerts, nil); err != nil {
		return fmt.Errorf("testbed: send an alert to %s: %w", a.name, err)
	}
	return nil
}

// Silence silences the alerts with the given labels from now on and returns the id of the silence.
func (a *Alertmanager) Silence(ctx context.Context, labels map[string]string, duration time.Duration) (string, error) {
	matchers := []any{}
	for name, value := range labels {
		matchers = append(matchers, map[string]any{"name": name, "value": value, "isRegex": false, "isEqual": true})
	}
	now := time.Now()
	silence := map[string]any{
		"matchers": matchers, "startsAt": now, "endsAt": now.Add(duration), "createdBy": "testbed", "comment": "silenced by a test",
	}
	var answer struct {
		SilenceID string `json:"silenceID"`
	}
	if err := a.call(ctx, http.MethodPost, "/api/v2/silences", silence, &answer); err != nil {
		return "", fmt.Errorf("testbed: silence alerts in %s: %w", a.name, err)
	}
	return answer.SilenceID, nil
}

// Unsilence ends a silence.
func (a *Alertmanager) Unsilence(ctx context.Context, id string) error {
	if err := a.call(ctx, http.MethodDelete, "/api/v2/silence/"+id, nil, nil); err != nil {
		return fmt.Errorf("testbed: end a silence in %s: %w", a.name, err)
	}
	return nil
}

// call sends body, if there is one, as JSON and decodes the answer into result, if it is not nil.
func (a *Alertmanager) call(ctx context.Context, method, path string, body, result any) (err error) {
	var reader io.Reader
	if body != nil {
		content, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(content)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.URL+path, reader)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, lastLines(string(answer), 5))
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(answer, result)
}
