// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/metrics"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// refer makes an ExternalSecret of a cluster refer to keys in a store without a path.
func refer(t *testing.T, g *secretflow.Graph, keys ...string) *secretflow.Cluster {
	t.Helper()
	e, err := exposition.New(exposition.Options{}, secretflow.Families()...)
	if err != nil {
		t.Fatal(err)
	}
	c := g.Add("hypervisor", e.Group(exposition.Key{Cluster: "hypervisor"}, secretflow.ClusterFamilies()))
	c.Set(secretflow.KindClusterSecretStore, "s", &secretflow.Store{Vault: true, Backend: "management/main"})
	u := &secretflow.User{}
	for _, key := range keys {
		u.References = append(u.References, secretflow.Reference{StoreKind: secretflow.KindClusterSecretStore, StoreName: "s", Key: key})
	}
	c.Set(secretflow.KindExternalSecret, "openstack/nova", u)
	return c
}

// withFlow returns an instance that reads the secrets of a graph.
func withFlow(t *testing.T, b *bao) *instance {
	t.Helper()
	e, err := exposition.New(exposition.Options{}, append(metrics.Families(), secretflow.Families()...)...)
	if err != nil {
		t.Fatal(err)
	}
	b.site.Exposition = e
	i := newInstance(b.o, config.SecretFlow{Enabled: true, Interval: config.Duration(time.Hour)}, b.site)
	e.Swap(nil, i.Groups())
	return i
}

// TestFlowReadsReferencedMetadata checks that only the metadata of referenced secrets is read.
func TestFlowReadsReferencedMetadata(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile, b.o.KV = tokenFile(t, testToken), nil
	b.site.Flow = secretflow.NewGraph(true)
	refer(t, b.site.Flow, "kv-v2/bootstrap/data/keystone-admin", "kv-v2/bootstrap/data/not-there", "pki/data/no-kv", "kv-v2/bootstrap/data/../keystone-db")
	b.nodes["openbao-0"].set("kv-v2/bootstrap/metadata/not-there", reply(http.StatusNotFound, `{"errors":[]}`))
	i := withFlow(t, b)
	run(t, i)
	testutil.Until(t, "settled", i.Settled)

	missing := secretflow.Path{Mount: "kv-v2/bootstrap", Key: "not-there"}
	admin := secretflow.Path{Mount: "kv-v2/bootstrap", Key: "keystone-admin"}
	text := serve(t, b.site.Exposition)
	for _, want := range []string{
		`cobaltcore_secretflow_stored_version{cluster="management",openbao="main",backend="management/main",mount="kv-v2/bootstrap",path_id="` + admin.ID() + `"} 2`,
		`cobaltcore_secretflow_stored_version{cluster="management",openbao="main",backend="management/main",mount="kv-v2/bootstrap",path_id="` + missing.ID() + `"} 0`,
		`cobaltcore_secretflow_stored_timestamp_seconds{cluster="management",openbao="main",backend="management/main",mount="kv-v2/bootstrap",path_id="` + admin.ID() + `"} `,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no row %s in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "\ncobaltcore_secretflow_stored_timestamp_seconds{"); n != 1 {
		t.Errorf("%d secrets are stored, want 1", n)
	}
	if n := strings.Count(text, "\ncobaltcore_secretflow_stored_version{"); n != 2 {
		t.Errorf("%d secrets were asked for, want 2", n)
	}
	if strings.Contains(text, "keystone-admin") {
		t.Error("the name of a secret is shown")
	}
	for _, r := range b.all() {
		if strings.Contains(r.URL.Path, "/data/") || strings.Contains(r.URL.Path, "keystone-db") || strings.Contains(r.URL.Path, "no-kv") {
			t.Errorf("%s was asked for", r.URL)
		}
	}
	report := b.site.Flow.Report(time.Now(), true)
	if len(report.Paths) == 0 || len(report.Paths[1].Stored)+len(report.Paths[0].Stored)+len(report.Paths[2].Stored) != 1 {
		t.Errorf("%+v", report)
	}
}

// TestFlowFollowsNewReferences checks that new references are read before the interval ends.
func TestFlowFollowsNewReferences(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile = tokenFile(t, testToken)
	b.o.Interval = config.Duration(20 * time.Millisecond)
	b.site.Flow = secretflow.NewGraph(true)
	c := refer(t, b.site.Flow)
	i := withFlow(t, b)
	run(t, i)
	testutil.Until(t, "settled", i.Settled)
	stored := func() int {
		return strings.Count(serve(t, b.site.Exposition), "\ncobaltcore_secretflow_stored_version{")
	}
	if n := stored(); n != 0 {
		t.Fatalf("%d secrets without a reference are stored", n)
	}
	c.Set(secretflow.KindExternalSecret, "openstack/late", &secretflow.User{References: []secretflow.Reference{
		{StoreKind: secretflow.KindClusterSecretStore, StoreName: "s", Key: "kv-v2/bootstrap/data/keystone-db"},
	}})
	testutil.Until(t, "the new one is asked for", func() bool { return stored() == 1 })
}

// TestFlowIsUnsettledDuringRequests checks that a turn for earlier references does not count for the current
// ones.
func TestFlowIsUnsettledDuringRequests(t *testing.T) {
	t.Parallel()
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile = tokenFile(t, testToken)
	b.site.Flow = secretflow.NewGraph(true)
	c := refer(t, b.site.Flow)
	i := withFlow(t, b)
	run(t, i)
	testutil.Until(t, "settled", i.Settled)

	asked, answer := make(chan struct{}), make(chan struct{})
	b.nodes["openbao-0"].set("kv-v2/bootstrap/metadata/late", func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-answer
		reply(http.StatusNotFound, `{"errors":[]}`)(w, r)
	})
	c.Set(secretflow.KindExternalSecret, "openstack/late", &secretflow.User{References: []secretflow.Reference{
		{StoreKind: secretflow.KindClusterSecretStore, StoreName: "s", Key: "kv-v2/bootstrap/data/late"},
	}})
	if i.Settled() {
		t.Error("settled before the new reference is asked for")
	}
	<-asked
	if i.Settled() {
		t.Error("settled before there is an answer")
	}
	close(answer)
	testutil.Until(t, "settled again", i.Settled)
	if text := serve(t, b.site.Exposition); !strings.Contains(text, "\ncobaltcore_secretflow_stored_version{") {
		t.Error("settled without the row")
	}
}
