//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// member is a cluster that is added and removed.
type member struct {
	*churn
	*eyes

	cluster *testbed.Cluster
	proxy   *testbed.FaultProxy
	// declared is what makes it a cluster of the fleet, given its kubeconfig; the
	// first of these is taken away to remove it.
	declared func(kubeconfig []byte) []*unstructured.Unstructured
	logins   int
}

const moveDeadline = 30 * time.Second // for steps that take seconds

// run applies all changes to the cluster in turn, starting with the given one, until
// enough bodies were checked.
func (m *member) run(ctx context.Context, first int) error {
	all := []func(context.Context) error{
		m.rotate,
		func(ctx context.Context) error { return m.outage(ctx, testbed.Refused) },
		func(ctx context.Context) error { return errors.Join(m.remove(ctx), m.add(ctx)) },
		m.rotate,
		func(ctx context.Context) error { return m.outage(ctx, testbed.BlackHole) },
		m.removeUnreachable,
	}
	for i := 0; i < len(all) || m.bodies.Load() < m.enough; i++ {
		if err := all[(first+i)%len(all)](ctx); err != nil {
			return fmt.Errorf("%s: %w", m.cluster.Name, err)
		}
	}
	return nil
}

// add adds it to the fleet, with its own account.
func (m *member) add(ctx context.Context) error {
	m.ledger.set(m.cluster.Name, changing)
	if err := m.login(ctx); err != nil {
		return err
	}
	if err := m.until(ctx, "added", func(r *bodyReader) bool { return r.complete(m.cluster.Name) }); err != nil {
		return err
	}
	m.ledger.set(m.cluster.Name, whole)
	return nil
}

// remove removes it from the fleet.
func (m *member) remove(ctx context.Context) error {
	m.ledger.set(m.cluster.Name, changing)
	if err := m.management.Delete(ctx, m.declared(nil)[0]); err != nil {
		return err
	}
	removed := func(r *bodyReader) bool { return r.rows[m.cluster.Name] == 0 && r.isInScope(m.cluster.Name, false) }
	if err := m.until(ctx, "removed", removed); err != nil {
		return err
	}
	m.ledger.set(m.cluster.Name, gone)
	return nil
}

// rotate replaces the credentials and revokes the previous ones. Meanwhile, no row may be
// missing.
func (m *member) rotate(ctx context.Context) error {
	before := m.expiry[m.cluster.Name]
	if err := m.login(ctx); err != nil {
		return err
	}
	return m.until(ctx, "rotated", func(r *bodyReader) bool { return r.expiry[m.cluster.Name] != before })
}

// outage disconnects the cluster until its rows are withdrawn, and for some more bodies.
func (m *member) outage(ctx context.Context, f testbed.Fault) error {
	if err := m.cut(ctx, f); err != nil {
		return err
	}
	m.ledger.set(m.cluster.Name, changing)
	if err := m.proxy.Heal(); err != nil {
		return err
	}
	if err := m.until(ctx, "back after "+string(f), func(r *bodyReader) bool { return r.complete(m.cluster.Name) }); err != nil {
		return err
	}
	m.ledger.set(m.cluster.Name, whole)
	return nil
}

func (m *member) cut(ctx context.Context, f testbed.Fault) error {
	m.ledger.set(m.cluster.Name, changing)
	if err := m.proxy.Set(f); err != nil {
		return err
	}
	if err := m.until(ctx, "withdrawn after "+string(f), func(r *bodyReader) bool { return r.objects[m.cluster.Name] == 0 }); err != nil {
		return err
	}
	m.ledger.set(m.cluster.Name, dark)
	enough := m.bodies.Load() + 20
	return m.until(ctx, "looked at without rows", func(*bodyReader) bool { return m.bodies.Load() >= enough })
}

// removeUnreachable removes it from the fleet while it cannot be reached.
func (m *member) removeUnreachable(ctx context.Context) error {
	if err := m.cut(ctx, testbed.Refused); err != nil {
		return err
	}
	if err := m.remove(ctx); err != nil {
		return err
	}
	return errors.Join(m.proxy.Heal(), m.add(ctx))
}

// login declares the cluster with a new account; the one before loses its rights.
func (m *member) login(ctx context.Context) error {
	account := func(i int) *unstructured.Unstructured {
		return testbed.NewObject("v1", "ServiceAccount", harness.AccountNamespace, fmt.Sprintf("exporter-%d", i))
	}
	m.logins++
	if err := m.cluster.Apply(ctx, account(m.logins)); err != nil {
		return err
	}
	// The changed time makes the rows differ.
	token, err := m.cluster.ServiceAccountToken(ctx, harness.AccountNamespace, account(m.logins).GetName(),
		time.Hour+time.Duration(m.logins)*time.Minute)
	if err != nil {
		return err
	}
	if err := m.proxy.SetToken(token); err != nil {
		return err
	}
	kubeconfig, err := os.ReadFile(m.proxy.Kubeconfig)
	if err != nil {
		return err
	}
	if err := m.management.Apply(ctx, m.declared(kubeconfig)...); err != nil {
		return err
	}
	return m.cluster.Delete(ctx, account(m.logins-1))
}

// until reads bodies until the change of the cluster is visible.
func (m *member) until(ctx context.Context, what string, seen func(*bodyReader) bool) error {
	began := time.Now()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	err := testbed.Poll(ctx, moveDeadline, func(ctx context.Context) error {
		if err := m.look(ctx, form{}); err != nil {
			end(err) // there is nothing to wait for any longer
			return err
		}
		if !seen(m.bodyReader) {
			return fmt.Errorf("not %s", what)
		}
		return nil
	})
	m.took(what, time.Since(began))
	return err
}
