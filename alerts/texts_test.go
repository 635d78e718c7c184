// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"
)

// TestExpires checks that the text about an expiry has the two largest units and no sign.
func TestExpires(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]string{
		50*time.Hour + 3*time.Minute: "expires in 2d 2h",
		48*time.Hour + 3*time.Minute: "expires in 2d",
		61 * time.Second:             "expires in 1m 1s",
		0:                            "expires in 0s",
		-30 * time.Second:            "expired 30s ago",
		-50*time.Hour - 3*time.Minute - 12*time.Second: "expired 2d 2h ago",
		-10 * 24 * time.Hour:                           "expired 10d ago",
	} {
		data := template.AlertTemplateData(nil, nil, "", promql.Sample{F: left.Seconds()})
		got, err := template.NewTemplateExpander(t.Context(), "{{ $value := .Value }}"+expires, "text", data, 0, nil, nil, nil).Expand()
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", left, got, err, want)
		}
	}
}
