// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// endlessFolders adds a mount in which each folder has a secret and another folder.
func endlessFolders(n inMemory, depth int) {
	folder := "kv/metadata"
	for range depth {
		n[folder] = nodeapi.Answer{Status: http.StatusOK, Body: []byte(`{"data":{"keys":["s","f/"]}}`)}
		n[folder+"/s"] = nodeapi.Answer{Status: http.StatusOK, Body: []byte(`{"data":{"current_version":1,"versions":{"1":{"created_time":"2026-11-01T00:00:00Z"}}}}`)}
		folder += "/f"
	}
}

// TestFolderDepthIsLimited checks that deeper folders count as cut.
func TestFolderDepthIsLimited(t *testing.T) {
	for name, tc := range map[string]struct {
		depth, max int
		want       map[string]string
	}{
		"endless": {100, 1000, map[string]string{row("kv_secrets", "mount", "kv"): "33", row("kv_secrets_cut", "mount", "kv"): "1"}},
		"many":    {100, 5, map[string]string{row("kv_secrets", "mount", "kv"): "5", row("kv_secrets_cut", "mount", "kv"): "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			answers := inMemory{"sys/health": {Status: http.StatusOK, Body: []byte(`{"initialized":true,"sealed":false,"standby":false}`)}}
			endlessFolders(answers, tc.depth)
			o := newConfig()
			o.KV = &config.OpenBaoKV{Mounts: []string{"kv"}, Interval: config.Duration(time.Minute), MaxAge: config.Duration(time.Hour),
				MaxSecrets: tc.max}
			site := newSite(t, newClock().now)
			i := start(o, site)
			answers.inMemory(i)
			round(t.Context(), i)
			text := serve(t, site.Exposition)
			rowsIn(text).want(t, tc.want)
			if strings.Contains(text, "f/f") {
				t.Error("the names of secrets must not leave the exporter")
			}
		})
	}
}
