// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// TestSystemsAreDescribed compares the systems of package alerts with the systems that have collectors.
func TestSystemsAreDescribed(t *testing.T) {
	var run, described []string
	for _, s := range Systems() {
		run = append(run, s.Name)
		if c, _ := s.New(&config.Collectors{}); c.Name() != s.Name {
			t.Errorf("%s: the collector is called %s", s.Name, c.Name())
		}
		d := alerts.Describe(alerts.System(s.Name))
		if s.Answers != "" && s.Answers != d.Key {
			t.Errorf("%s: answers are in %s, the key is %s", s.Name, s.Answers, d.Key)
		}
		if (d.Watches == "") == (d.Asks == "") {
			t.Errorf("%s is watched or asked, not %q and %q", s.Name, d.Watches, d.Asks)
		}
		for _, section := range s.Metrics {
			if section.Title == "" || section.Text == "" {
				t.Errorf("%s: a section of docs/metrics.md has no title or text", s.Name)
			}
		}
	}
	for _, d := range alerts.Descriptions() {
		if d.Key != "" {
			described = append(described, string(d.System))
		}
	}
	slices.Sort(run)
	slices.Sort(described)
	if diff := cmp.Diff(described, run); diff != "" {
		t.Errorf("systems with a key in the configuration, and those that are registered (-described +registered):\n%s", diff)
	}
}

// TestKeyEnablesSystem checks that the configuration key of every watched system disables
// this system and no other.
func TestKeyEnablesSystem(t *testing.T) {
	for _, set := range Watched() {
		key := alerts.Describe(alerts.System(set.Collector)).Key
		c, err := config.Parse([]byte("clusters: [{name: a, inCluster: true}]\ncollectors: {"+key+": {enabled: false}}\n"), "test.yaml")
		if err != nil {
			t.Fatal(err)
		}
		want := enabledNames(&config.Default().Collectors)
		i := slices.Index(want, set.Collector)
		if i < 0 {
			t.Errorf("%s is not enabled by default", set.Collector)
			continue
		}
		want = slices.Delete(want, i, i+1)
		if diff := cmp.Diff(want, enabledNames(&c.Collectors)); diff != "" {
			t.Errorf("enabled when %s is not (-want +got):\n%s", key, diff)
		}
	}
}

func enabledNames(c *config.Collectors) []string {
	var names []string
	for _, s := range Systems() {
		if _, enabled := s.New(c); enabled {
			names = append(names, s.Name)
		}
	}
	return names
}

// TestFamiliesOfResourcesAreDeclared fails if a family of a resource is missing from the Families of
// its collector, because its rows would be dropped. Internal families are not declared.
func TestFamiliesOfResourcesAreDeclared(t *testing.T) {
	t.Parallel()
	var declared []string
	for _, f := range Families() {
		declared = append(declared, f.Name)
	}
	for _, set := range Watched() {
		for _, r := range set.Resources {
			for _, f := range r.Families {
				if !f.Internal && !slices.Contains(declared, f.Name) {
					t.Errorf("%s: add %s of kind %s to the Families of the collector", set.Collector, f.Name, r.Kind)
				}
			}
		}
	}
}
