// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

func TestTargets(t *testing.T) {
	for name, tc := range map[string]struct {
		slices string
		want   []target
		err    string
	}{
		"none":         {`{"items":[]}`, []target{}, ""},
		"not ready":    {`{"items":[{"addressType":"IPv4","endpoints":[` + pod("10.0.0.2", "openbao-1", false) + `,` + pod("10.0.0.1", "openbao-0", true) + `]}]}`, []target{{"openbao-0", "https://10.0.0.1:8200", "openbao-0.openbao-internal"}, {"openbao-1", "https://10.0.0.2:8200", "openbao-1.openbao-internal"}}, ""},
		"dual stack":   {`{"items":[{"addressType":"IPv6","endpoints":[` + pod("fd00::1", "openbao-0", true) + `]},{"addressType":"IPv4","endpoints":[` + pod("10.0.0.1", "openbao-0", true) + `]}]}`, []target{{"openbao-0", "https://10.0.0.1:8200", "openbao-0.openbao-internal"}}, ""},
		"IPv6 only":    {`{"items":[{"addressType":"IPv6","endpoints":[` + pod("fd00::1", "openbao-0", true) + `]}]}`, []target{{"openbao-0", "https://[fd00::1]:8200", "openbao-0.openbao-internal"}}, ""},
		"in two lists": {`{"items":[{"addressType":"IPv4","endpoints":[` + pod("10.0.0.1", "openbao-0", true) + `]},{"addressType":"IPv4","endpoints":[` + pod("10.0.0.1", "openbao-0", true) + `]}]}`, []target{{"openbao-0", "https://10.0.0.1:8200", "openbao-0.openbao-internal"}}, ""},
		"no pods":      {`{"items":[{"addressType":"IPv4","endpoints":[{"addresses":["192.0.2.1"]},{"addresses":["192.0.2.2"],"hostname":"bao"},{"addresses":["192.0.2.3"],"targetRef":{"kind":"Node","name":"n"}}]}]}`, []target{{"192.0.2.1", "https://192.0.2.1:8200", ""}, {"192.0.2.3", "https://192.0.2.3:8200", ""}, {"bao", "https://192.0.2.2:8200", "bao.openbao-internal"}}, ""},
		"no hostname":  {`{"items":[{"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"],"targetRef":{"kind":"Pod","name":"openbao-0"}}]}]}`, []target{{"openbao-0", "https://10.0.0.1:8200", ""}}, ""},
		"no address":   {`{"items":[{"addressType":"IPv4","endpoints":[{"addresses":[],"hostname":"a"},{"addresses":null},{}]}]}`, []target{}, ""},
		"FQDN":         {`{"items":[{"addressType":"FQDN","endpoints":[{"addresses":["bao.example.com"]}]}]}`, []target{}, "1 addresses are refused"},
		"a name":       {`{"items":[{"addressType":"IPv4","endpoints":[` + pod("bao.example.com", "openbao-0", true) + `]}]}`, []target{}, "1 addresses are refused"},
		"local":        {`{"items":[{"addressType":"IPv6","endpoints":[` + pod("::1", "a", true) + `,` + pod("fe80::1", "b", true) + `,` + pod("::ffff:169.254.169.254", "c", true) + `,` + pod("fd00:ec2::254", "d", true) + `]}]}`, []target{}, "4 addresses are refused"},
		"new family":   {`{"items":[{"addressType":"IPv8","endpoints":[` + pod("1", "openbao-0", true) + `]}]}`, []target{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var list endpointSlices
			if err := json.Unmarshal([]byte(tc.slices), &list); err != nil {
				t.Fatal(err)
			}
			f := finder{service: *service()}
			got, err := f.targets(list)
			if (tc.err == "") != (err == nil) || !strings.Contains(fmt.Sprint(err), tc.err) {
				t.Errorf("error %v, want %q", err, tc.err)
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(target{})); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestManyAddresses checks that the work for the addresses of many pods is bounded.
func TestManyAddresses(t *testing.T) {
	const pods = 40_000
	var body strings.Builder
	body.WriteString(`{"items":[`)
	for i := range pods {
		switch {
		case i == 0:
			body.WriteString(`{"addressType":"IPv4","endpoints":[`)
		case i%1000 == 0:
			body.WriteString(`]},{"addressType":"IPv4","endpoints":[`)
		default:
			body.WriteByte(',')
		}
		body.WriteString(pod(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), fmt.Sprintf("openbao-%05d", i), true))
	}
	body.WriteString(`]}]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var list endpointSlices
	if err := json.Unmarshal([]byte(body.String()), &list); err != nil {
		t.Fatal(err)
	}
	targets, err := (&finder{service: *service()}).targets(list)
	runtime.ReadMemStats(&after)
	if len(targets) != maxNodes || targets[0].name != "openbao-00000" || err == nil || !strings.Contains(err.Error(), "39968 of 40000 nodes are left out") {
		t.Errorf("%d nodes, %v", len(targets), err)
	}
	if allocated := (after.TotalAlloc - before.TotalAlloc) >> 20; allocated > 50 {
		t.Errorf("%d MiB allocated", allocated)
	} else {
		t.Logf("%d MiB allocated", allocated)
	}
}

// FuzzEndpointSlices: for any answer of an API server, the nodes have distinct names and valid URLs.
func FuzzEndpointSlices(f *testing.F) {
	f.Add([]byte(`{"items":[{"addressType":"IPv4","endpoints":[` + pod("10.0.0.1", "openbao-0", true) + `,` + pod("10.0.0.2", "openbao-1", false) + `]}]}`))
	f.Add([]byte(`{"items":[{"addressType":"IPv6","endpoints":[{"addresses":["fd00::1"]},{"addresses":["%zz"]},null]},null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var list endpointSlices
		if json.Unmarshal(body, &list) != nil {
			return
		}
		seen := map[string]bool{}
		targets, _ := (&finder{service: *service()}).targets(list)
		if len(targets) > maxNodes {
			t.Errorf("%d nodes", len(targets))
		}
		for _, target := range targets {
			if seen[target.name] || target.name == "" && target.url == "" {
				t.Errorf("the node %q is there twice, or nowhere", target.name)
			}
			seen[target.name] = true
			if c, err := newClient(target.url, &tls.Config{MinVersion: tls.VersionTLS12}, nil, time.Second); err == nil {
				c.Close()
			}
		}
	})
}

func service() *config.OpenBaoService {
	return &config.OpenBaoService{Namespace: "openbao-system", Name: "openbao-internal", Port: 8200, Scheme: "https"}
}

// pod is an endpoint of an EndpointSlice.
func pod(address, name string, ready bool) string {
	return fmt.Sprintf(`{"addresses":[%q],"hostname":%q,"conditions":{"ready":%v},"targetRef":{"kind":"Pod","name":%q}}`, address, name, ready, name)
}
