// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// profiler returns a function that writes a CPU profile of a phase to a file in dir. It does nothing without a directory, and for
// subjects other than the exporter.
func profiler(dir string, s subject, address string, run int) func(context.Context, string, time.Duration) func() error {
	return func(ctx context.Context, phase string, d time.Duration) func() error {
		if dir == "" || !s.isExporter {
			return func() error { return nil }
		}
		name := strings.NewReplacer(", ", "-", " ", "-").Replace(s.Name)
		file := filepath.Join(dir, fmt.Sprintf("%s-%s-%d.pprof", name, phase, run+1))
		url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", address, int(d.Seconds()+0.5))
		done := make(chan error, 1)
		go func() { done <- saveProfile(ctx, url, file) }()
		return func() error { return <-done }
	}
}

func saveProfile(ctx context.Context, url, file string) (err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var profile []byte
	if err := testbed.Poll(ctx, time.Minute*5, func(ctx context.Context) error {
		profile, err = get(ctx, client, url)
		return err
	}); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return os.WriteFile(file, profile, 0o644)
}

func get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return body, err
}
