// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build testbed

package testbed

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// TestAlertmanager checks that two clustered Alertmanagers share silences, but not alerts.
func TestAlertmanager(t *testing.T) {
	ctx := t.Context()
	first, err := StartAlertmanager(ctx, t.TempDir(), AlertmanagerOptions{Name: "first"})
	if err != nil {
		t.Fatal(err)
	}
	stopAtEnd(t, first.Stop, first.Process)
	second, err := StartAlertmanager(ctx, t.TempDir(), AlertmanagerOptions{Name: "second", Prefix: "/alerts", Peers: []*Alertmanager{first}})
	if err != nil {
		t.Fatal(err)
	}
	stopAtEnd(t, second.Stop, second.Process)

	labels := map[string]string{"alertname": "FluxResourceFailed", "cluster": "storage"}
	if err := first.PostAlert(ctx, labels); err != nil {
		t.Fatal(err)
	}
	id, err := second.Silence(ctx, labels, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	state := func(want string) {
		t.Helper()
		if err := Poll(ctx, waitDeadline, func(ctx context.Context) error {
			alerts, err := first.Alerts(ctx)
			if err != nil {
				return err
			}
			if len(alerts) != 1 || alerts[0].Status.State != want {
				return fmt.Errorf("alerts %+v, want one that is %s", alerts, want)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	state("suppressed")
	if alerts, err := second.Alerts(ctx); err != nil || len(alerts) != 0 {
		t.Errorf("the other one has alerts %+v, error %v", alerts, err)
	}
	if err := second.Unsilence(ctx, id); err != nil {
		t.Fatal(err)
	}
	state("active")
}
