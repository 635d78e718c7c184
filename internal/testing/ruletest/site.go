// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// site is the directory of a fleet of snapshots, and its configuration.
type site struct {
	dir      string
	clusters []string
	// evaluated reports whether the exporter also evaluates alerts.
	evaluated bool
}

// config is that of the fleet. Two exporters may call their OpenBao the same, one
// may not: the rows get the one name later. The exporter evaluates no alert: its rows
// are evaluated by the test.
func (s site) config(instances bool) string {
	text := fmt.Sprintf("rules: {disabled: [%s]}\nclusters:\n", strings.Join(ruleNames(), ", "))
	if s.evaluated {
		text = "clusters:\n"
	}
	for _, c := range s.clusters {
		text += fmt.Sprintf("- {name: %[1]s, snapshot: {path: %[1]s}}\n", c)
	}
	if !instances {
		return text
	}
	text += "collectors:\n  openbao:\n"
	for _, c := range s.clusters {
		text += fmt.Sprintf("  - {name: openbao-of-%[1]s, cluster: %[1]s, addresses: ['openbao.%[1]s.example.com:8200'], details: {audit: true}, kv: {mounts: [kv-v2/bootstrap]}, "+
			"expect: {mounts: {kv-v2/openstack: kv-v2, pki: pki}, auth: {kubernetes/management: kubernetes}}}\n", c)
	}
	text += "  aurora:\n"
	for _, c := range s.clusters {
		text += fmt.Sprintf("  - {name: aurora-of-%[1]s, cluster: %[1]s}\n", c)
	}
	return text
}

// ruleNames returns the names of all rules.
var ruleNames = sync.OnceValue(alerts.Names)

// write writes the files of a case.
func (s site) write(c Case) error {
	_, empty := c.sections["empty"]
	if err := writeFiles(s.dir, map[string]string{"fleet.yaml": s.config(!empty), snapshot.MetaFile: snapshotMeta(false)}); err != nil {
		return err
	}
	for _, cluster := range s.clusters {
		_, answers, err := c.healthy()
		if err != nil {
			return err
		}
		objects, err := c.Objects(cluster)
		if err != nil {
			return err
		}
		if err := writeFiles(filepath.Join(s.dir, cluster), map[string]string{"objects.json": objects}); err != nil {
			return err
		}
		if empty {
			continue
		}
		recorded, err := mergeAnswers(cluster, answers, c.sections[cluster+".answers.yaml"])
		if err != nil {
			return fmt.Errorf("%s.answers.yaml: %w", cluster, err)
		}
		if err := writeFiles(s.dir, recorded); err != nil {
			return err
		}
	}
	return nil
}

// snapshotMeta returns when snapshots were taken, and whether their times are shifted to now.
func snapshotMeta(shift bool) string {
	return fmt.Sprintf("takenAt: %s\nshiftTime: %t\nserverVersion: v1.34.2\n", TakenAt().Format(time.RFC3339), shift)
}

func writeFiles(dir string, files map[string]string) error {
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// healthy returns the objects and the answers that the sections of the case are merged over.
func (c Case) healthy() (objects, answers string, err error) {
	_, empty := c.sections["empty"]
	_, more := c.sections["more"]
	var errs []error
	read := func(name string, wanted bool) string {
		if !wanted {
			return ""
		}
		text, err := readFixture("healthy/" + name)
		errs = append(errs, err)
		return string(text)
	}
	objects = read("objects.yaml", !empty) + read("more.yaml", more)
	return objects, read("answers.yaml", !empty), errors.Join(errs...)
}

// deadline is the maximum time until an exporter has read its fleet.
const deadline = 30 * time.Second

// scrape runs an exporter on the fleet until it has read everything, and returns the rows of the used
// families; of all families if used is nil.
func (s site) scrape(ctx context.Context, used map[string]bool) ([]Row, error) {
	body, err := scrape(ctx, filepath.Join(s.dir, "fleet.yaml"))
	if err != nil {
		return nil, err
	}
	for _, c := range s.clusters {
		body = strings.NewReplacer(`="openbao-of-`+c+`"`, `="openbao"`, `="`+c+`/openbao-of-`+c+`"`, `="`+c+`/openbao"`).Replace(body)
		body = strings.ReplaceAll(body, `="aurora-of-`+c+`"`, `="aurora"`)
	}
	return ParseRows(withFamilies(body, used))
}

// scrape runs an exporter until two scrapes are equal.
func scrape(ctx context.Context, config string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	listening, ended := make(chan string, 1), make(chan error, 1)
	running, stop := context.WithCancel(ctx)
	go func() {
		ended <- app.Run(running, app.Options{
			ConfigFile: config, ListenAddresses: []string{"127.0.0.1:0"}, SyncTimeout: deadline,
			Log: slog.New(slog.DiscardHandler), Listening: func(a []net.Addr) { listening <- a[0].String() },
		})
	}()
	var body string
	var err error
	select {
	case address := <-listening:
		body, err = settled(ctx, "http://"+address+"/metrics")
		stop()
		if ended := <-ended; err == nil {
			err = ended
		}
	case err = <-ended:
		stop()
	}
	return body, err
}

// settled repeats a request until the answer is complete.
func settled(ctx context.Context, url string) (string, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		body, err := get(ctx, client, url)
		if err == nil && complete(body) {
			return body, nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("the exporter is not ready: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// complete reports whether all probes have run, including those for all paths that have metadata.
func complete(body string) bool {
	probes, asked := 0, 0
	stored := map[string]bool{} // by path
	mounts := map[string]bool{} // some path of which is stored
	var flows [][2]string       // mount and path, each with the OpenBao
	for line := range strings.Lines(body) {
		switch name, _, _ := strings.Cut(line, "{"); name {
		case "cobaltcore_collector_up":
			probes += probe(line)
		case "cobaltcore_collector_duration_seconds":
			asked += probe(line)
		case "cobaltcore_secretflow_consumer_last_sync_timestamp_seconds", "cobaltcore_secretflow_producer_last_sync_timestamp_seconds", "cobaltcore_eso_externalsecret_last_sync_timestamp_seconds",
			"cobaltcore_eso_pushsecret_last_sync_timestamp_seconds":
			if bao := value(line, "backend"); bao != "" {
				flows = append(flows, [2]string{bao + value(line, "mount"), bao + value(line, "path_id")})
			}
		case "cobaltcore_secretflow_stored_version":
			bao := value(line, "backend")
			mounts[bao+value(line, "mount")], stored[bao+value(line, "path_id")] = true, true
		}
	}
	missing := slices.ContainsFunc(flows, func(f [2]string) bool { return mounts[f[0]] && !stored[f[1]] })
	return probes == asked && !missing && (probes == 0 || len(flows) == 0 || len(stored) > 0)
}

// value returns the value of a label of a row.
func value(line, label string) string {
	_, v, _ := strings.Cut(line, label+`="`)
	v, _, _ = strings.Cut(v, `"`)
	return v
}

func probe(line string) int {
	if strings.Contains(line, `collector="openbao"`) || strings.Contains(line, `collector="aurora"`) {
		return 1
	}
	return 0
}

func get(ctx context.Context, client *http.Client, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s", response.Status)
	}
	return string(body), err
}
