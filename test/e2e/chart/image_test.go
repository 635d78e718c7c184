//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestImage checks that the released image is reproducible and complete: the exporter runs in it as the configured
// user, and cannot write any file.
func TestImage(t *testing.T) {
	dir := t.TempDir()
	digest := makeImage(t, filepath.Join(dir, "one"))
	if again := makeImage(t, filepath.Join(dir, "two")); again != digest {
		t.Errorf("the image is %s, and built again %s", digest, again)
	}
	image := readImage(t, filepath.Join(dir, "one", "image"), digest)
	if image.Config.User != imageUser+":"+imageUser {
		t.Errorf("the image runs as %q", image.Config.User)
	}
	root := filepath.Join(dir, "root")
	image.unpack(t, root)
	box := newSandbox(t, root)
	command := func(args ...string) []string { return append(image.Config.Entrypoint, args...) }

	version, err := box.run(t, command("version")...)
	want := "cobaltcore-exporter, version " + image.label("version")
	if err != nil || !strings.Contains(version, want) || !strings.Contains(version, image.label("revision")) {
		t.Errorf("an image of version %s, revision %s, says (%v):\n%s", image.label("version"), image.label("revision"), err, version)
	}
	out, err := box.run(t, command("snapshot", "--config", "/fleet/fleet.yaml", "--out", "/snapshot")...)
	if err == nil || !strings.Contains(out, "read-only file system") {
		t.Errorf("the exporter could write (%v):\n%s", err, out)
	}

	ports, err := testbed.FreePorts(1)
	harness.Must(t, err)
	address := fmt.Sprintf("127.0.0.1:%d", ports[0])
	p := box.start(t, command("serve", "--config", "/fleet/fleet.yaml", "--web.listen-address", address)...)
	var metrics string
	harness.Must(t, p.WaitReady(t.Context(), time.Minute, func(ctx context.Context) error {
		metrics, err = getText(ctx, "http://"+address+"/metrics")
		return err
	}))
	for _, want := range []string{
		`cobaltcore_cluster_up{cluster="storage"} 1`, `flux_instance_info{`, `cobaltcore_openbao_node_`, `cobaltcore_aurora_`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	box.checkRights(t, p.PID())
}

// getText returns what a server answers with 200.
func getText(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", url, resp.Status)
	}
	return string(body), err
}
