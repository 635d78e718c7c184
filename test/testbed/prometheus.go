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
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ScrapeTarget is one endpoint that Prometheus scrapes.
type ScrapeTarget struct {
	Job    string            // label job
	URL    string            // with scheme, host and path
	Labels map[string]string // more labels of the target
}

// PrometheusOptions configures a Prometheus.
type PrometheusOptions struct {
	Targets        []ScrapeTarget
	ScrapeInterval time.Duration // default 1 s; also the interval of the evaluation of rules
	RuleFiles      []string
	Alertmanagers  []string          // URLs without a path
	ExternalLabels map[string]string // of the alerts that it sends
	Name           string            // of its directory and its log; prometheus if it is empty
}

// Prometheus is a running Prometheus.
type Prometheus struct {
	*Process
	URL string // http://127.0.0.1:port

	client *http.Client
}

// StartPrometheus starts a Prometheus with its files in dir/NAME and waits until it is ready. It honors the labels of the targets, like
// the ServiceMonitor of the chart. It runs until Stop or the end of ctx.
func StartPrometheus(ctx context.Context, dir string, o PrometheusOptions) (*Prometheus, error) {
	path, err := Tool(ctx, "prometheus")
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	name := cmp.Or(o.Name, "prometheus")
	dir, err = filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	config, err := prometheusConfig(o)
	if err != nil {
		return nil, fmt.Errorf("testbed: configuration of prometheus: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	configFile := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(configFile, config, 0o644); err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	address := loopback(ports[0])
	process, err := Start(ctx, dir, Command{Name: name, Path: path, Args: []string{
		"--config.file=" + configFile, "--storage.tsdb.path=" + filepath.Join(dir, "data"),
		"--web.listen-address=" + address, "--log.level=warn",
	}})
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	p := &Prometheus{Process: process, URL: "http://" + address, client: plainClient()}
	if err := p.WaitReady(ctx, startDeadline, func(ctx context.Context) error {
		return httpOK(ctx, p.client, p.URL+"/-/ready")
	}); err != nil {
		return nil, stopAfter(err, process)
	}
	return p, nil
}

// prometheusConfig returns the configuration file in JSON, which is a subset of YAML.
func prometheusConfig(o PrometheusOptions) ([]byte, error) {
	interval := o.ScrapeInterval
	if interval == 0 {
		interval = time.Second
	}
	milliseconds := fmt.Sprintf("%dms", interval.Milliseconds())
	scrapes := []any{}
	for i, target := range o.Targets {
		u, err := url.Parse(target.URL)
		if err != nil {
			return nil, fmt.Errorf("target %d: %w", i, err)
		}
		if u.Host == "" || target.Job == "" {
			return nil, fmt.Errorf("target %d: needs a job and an absolute URL, not %q", i, target.URL)
		}
		scrapes = append(scrapes, map[string]any{
			"job_name":     fmt.Sprintf("%s/%d", target.Job, i), // must be unique; the label is set below
			"honor_labels": true,
			"scheme":       u.Scheme,
			"metrics_path": cmp.Or(u.Path, "/metrics"),
			"params":       u.Query(),
			"static_configs": []any{map[string]any{
				"targets": []string{u.Host}, "labels": target.Labels,
			}},
			"relabel_configs": []any{map[string]any{"target_label": "job", "replacement": strings.ReplaceAll(target.Job, "$", "$$")}},
		})
	}
	alertmanagers := []any{}
	for i, address := range o.Alertmanagers {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("alertmanager %d: needs an absolute URL, not %q: %w", i, address, err)
		}
		alertmanagers = append(alertmanagers, map[string]any{"scheme": u.Scheme, "static_configs": []any{map[string]any{"targets": []string{u.Host}}}})
	}
	global := map[string]any{"scrape_interval": milliseconds, "scrape_timeout": milliseconds, "evaluation_interval": milliseconds}
	if len(o.ExternalLabels) > 0 {
		global["external_labels"] = o.ExternalLabels
	}
	return json.MarshalIndent(map[string]any{
		"global":         global,
		"rule_files":     o.RuleFiles,
		"scrape_configs": scrapes,
		"alerting":       map[string]any{"alertmanagers": alertmanagers},
	}, "", "  ")
}

// Sample is one element of the result of a query.
type Sample struct {
	Labels map[string]string // with __name__ if the series has one
	Value  float64
}

// Query evaluates a PromQL expression that yields a vector or a scalar, at this moment.
func (p *Prometheus) Query(ctx context.Context, promql string) ([]Sample, error) {
	samples, err := p.query(ctx, promql)
	if err != nil {
		return nil, fmt.Errorf("testbed: query %q: %w", promql, err)
	}
	return samples, nil
}

func (p *Prometheus) query(ctx context.Context, promql string) ([]Sample, error) {
	form := strings.NewReader(url.Values{"query": {promql}}.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+"/api/v1/query", form)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return decodeQuery(body)
}

// decodeQuery decodes an answer of Prometheus's query API.
func decodeQuery(body []byte) ([]Sample, error) {
	var answer struct {
		Status string
		Error  string
		Data   struct {
			ResultType string
			Result     json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("answer %q: %w", lastLines(string(body), 3), err)
	}
	if answer.Status != "success" {
		return nil, errors.New(answer.Error)
	}
	type element struct {
		Metric map[string]string
		Value  [2]any // time, value as string
	}
	var elements []element
	switch answer.Data.ResultType {
	case "vector":
		if err := json.Unmarshal(answer.Data.Result, &elements); err != nil {
			return nil, err
		}
	case "scalar":
		elements = make([]element, 1)
		if err := json.Unmarshal(answer.Data.Result, &elements[0].Value); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("the result is a %s, not a vector or scalar", answer.Data.ResultType)
	}
	samples := make([]Sample, len(elements))
	for i, e := range elements {
		text, _ := e.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		samples[i] = Sample{Labels: e.Metric, Value: value}
	}
	return samples, nil
}

// Promtool runs promtool and returns its output. If it fails, the error has the output, too.
func Promtool(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	return runTool(ctx, "promtool", stdin, args...)
}

// Pint runs pint and returns its output. If it fails, the error has the output, too.
func Pint(ctx context.Context, args ...string) ([]byte, error) {
	return runTool(ctx, "pint", nil, args...)
}

// Percli runs percli of Perses and returns its output. If it fails, the error has the output, too.
func Percli(ctx context.Context, args ...string) ([]byte, error) {
	return runTool(ctx, "percli", nil, args...)
}

func runTool(ctx context.Context, name string, stdin io.Reader, args ...string) ([]byte, error) {
	path, err := Tool(ctx, name)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var output bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &output, &output
	if err := cmd.Run(); err != nil {
		return output.Bytes(), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, lastLines(output.String(), logLines))
	}
	return output.Bytes(), nil
}
