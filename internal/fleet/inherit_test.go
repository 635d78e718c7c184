// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import "testing"

// A new configuration knows what the one before knew of the same place.
func TestInheritsFromTheSamePlaceOnly(t *testing.T) {
	t.Parallel()
	h := newFakeHost(t)
	h.secret("a-kubeconfig", "Opaque", "value", reach("a", "one"))
	s := startSearch(t, management(h), inFlux, nil)
	s.want("flux-secret: a at a with one a")
	s.stop()
	for name, tc := range map[string]struct {
		change func(*search)
		want   int
	}{
		"the same":        {func(*search) {}, 1},
		"insecure":        {func(s *search) { s.config.Discover[0].Allow = []string{allowInsecure} }, 0},
		"another suffix":  {func(s *search) { s.config.Discover[0].FluxSecrets.Suffix = "config" }, 0},
		"another cluster": {func(s *search) { s.config.Clusters[0].Kubeconfig.Path = "/elsewhere" }, 0},
	} {
		c, entry, host, path := *s.config, s.config.Discover[0], *s.config.Discover[0].FluxSecrets, *s.config.Clusters[0].Kubeconfig
		entry.FluxSecrets = &host
		cluster := s.config.Clusters[0]
		cluster.Kubeconfig = &path
		c.Discover = append(c.Discover[:0:0], entry)
		c.Clusters = append(c.Clusters[:0:0], cluster)
		tc.change(&search{config: &c})
		got := NewDiscovery(&c, DiscoveryOptions{Before: s.Discovery}).State()[0].Found
		if len(got) != tc.want {
			t.Errorf("%s: %d clusters", name, len(got))
		}
		if len(got) == 1 && got[0].Equal(s.State()[0].Found[0]) {
			t.Error("two generations share credentials")
		}
	}
}
