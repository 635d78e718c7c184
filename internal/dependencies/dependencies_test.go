// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dependencies

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

func newTestCluster(t *testing.T) (c *Cluster, rows func() []string) {
	t.Helper()
	e, err := exposition.New(exposition.Options{}, Families()...)
	if err != nil {
		t.Fatal(err)
	}
	group := e.Group(exposition.Key{Cluster: "c", Collector: "flux", Kind: "dependencies"}, Families())
	e.Swap(nil, []*exposition.Group{group})
	return NewCluster(group), func() []string {
		var found []string
		for _, b := range e.Blocks(waitingSince.Name)[waitingSince.Name] {
			for line := range strings.Lines(string(b.Append(nil))) {
				var name, dependency, problem, chain, blocked string
				for _, l := range []struct {
					label string
					value *string
				}{{"name", &name}, {"dependency", &dependency}, {"problem", &problem}, {"chain", &chain}, {"blocked", &blocked}} {
					_, rest, _ := strings.Cut(line, ","+l.label+`="`)
					*l.value, _, _ = strings.Cut(rest, `"`)
				}
				found = append(found, fmt.Sprintf("%s > %s %s %s %s", name, dependency, problem, chain, blocked))
			}
		}
		for _, b := range e.Blocks(sourceMissing.Name)[sourceMissing.Name] {
			for line := range strings.Lines(string(b.Append(nil))) {
				_, labels, _ := strings.Cut(strings.TrimSuffix(line, "} 1\n"), "name=")
				found = append(found, strings.ReplaceAll(labels, `"`, ""))
			}
		}
		slices.Sort(found)
		return found
	}
}

func waiting(on ...string) *Node {
	n := &Node{Target: "c", State: lifecycle.DependencyNotReady, Trouble: &Trouble{Onset: lifecycle.Onset{Time: time.Unix(1, 0)}}}
	for _, name := range on {
		n.Trouble.Waits = append(n.Trouble.Waits, Wait{Ref: Ref{"K", "ns", name}})
	}
	return n
}

func in(s lifecycle.State) *Node {
	return &Node{Target: "c", State: s, Satisfied: s == lifecycle.Ready}
}

func TestResolve(t *testing.T) {
	ofKustomization := func(n *Node, kind string) *Node {
		for i := range n.Trouble.Waits {
			n.Trouble.Waits[i].Kind = kind
		}
		return n
	}
	for _, tc := range []struct {
		name  string
		nodes map[string]*Node // kind and name
		want  []string
	}{
		{"nothing waits", map[string]*Node{"K a": in(lifecycle.Ready)}, nil},
		{"missing", map[string]*Node{"K a": waiting("b")}, []string{"a > K/ns/b missing direct K/ns/a"}},
		{"failed", map[string]*Node{"K a": waiting("b"), "K b": in(lifecycle.Failed)}, []string{"a > K/ns/b failed direct K/ns/a"}},
		{"stalled", map[string]*Node{"K a": waiting("b"), "K b": in(lifecycle.Stalled)}, []string{"a > K/ns/b stalled direct K/ns/a"}},
		{"suspended", map[string]*Node{"K a": waiting("b"), "K b": in(lifecycle.Suspended)}, []string{"a > K/ns/b suspended direct K/ns/a"}},
		{"suspended and ready", map[string]*Node{"K a": waiting("b"), "K b": {State: lifecycle.Suspended, Satisfied: true}},
			[]string{"a > K/ns/b suspended direct K/ns/a"}},
		{"suspended and ready beside one under way", map[string]*Node{
			"K a": waiting("b", "d"), "K b": {State: lifecycle.Suspended, Satisfied: true}, "K d": in(lifecycle.Progressing),
		}, []string{"a > K/ns/d progressing direct K/ns/a"}},
		{"progressing", map[string]*Node{"K a": waiting("b"), "K b": in(lifecycle.Progressing)}, []string{"a > K/ns/b progressing direct K/ns/a"}},
		{"ready", map[string]*Node{"K a": waiting("b"), "K b": in(lifecycle.Ready)}, []string{"a > K/ns/b ready direct K/ns/a"}},
		{"nothing on record", map[string]*Node{"K a": waiting()}, []string{"a >  unknown direct K/ns/a"}},
		{"the worst of several", map[string]*Node{"K a": waiting("b", "d"), "K b": in(lifecycle.Progressing), "K d": in(lifecycle.Failed)},
			[]string{"a > K/ns/d failed direct K/ns/a"}},
		{"a chain", map[string]*Node{"K a": waiting("b"), "K b": waiting("d"), "K d": in(lifecycle.Failed)},
			[]string{"a > K/ns/b failed indirect K/ns/b", "b > K/ns/d failed direct K/ns/b"}},
		{"a circle", map[string]*Node{"K a": waiting("b"), "K b": waiting("d"), "K d": waiting("a")}, []string{
			"a > K/ns/b circular direct K/ns/a", "b > K/ns/d circular direct K/ns/b", "d > K/ns/a circular direct K/ns/d",
		}},
		{"itself", map[string]*Node{"K a": waiting("a")}, []string{"a > K/ns/a circular direct K/ns/a"}},
		{"into a circle", map[string]*Node{"K a": waiting("b"), "K b": waiting("d"), "K d": waiting("b")}, []string{
			"a > K/ns/b circular indirect K/ns/b", "b > K/ns/d circular direct K/ns/b", "d > K/ns/b circular direct K/ns/d",
		}},
		{"a kind that is not complete", map[string]*Node{"K a": ofKustomization(waiting("b"), "Other")}, []string{"a > Other/ns/b unknown direct K/ns/a"}},
		{"a kind that is not watched", map[string]*Node{"K a": {Target: "c", State: lifecycle.DependencyNotReady,
			Trouble: &Trouble{Waits: []Wait{{Ref: Ref{"CRD", "", "x"}, Unwatched: true}}}}},
			[]string{"a > CRD/x unwatched direct K/ns/a"}},
		{"no tags", map[string]*Node{"K a": waiting("b"), "K b": {State: lifecycle.Ready, Satisfied: true, Empty: true}},
			[]string{"a > K/ns/b empty direct K/ns/a"}},
		{"an older revision", map[string]*Node{
			"Kustomization a": func() *Node {
				n := ofKustomization(waiting("b"), "Kustomization")
				n.Source = Ref{"GitRepository", "ns", "s"}
				return n
			}(),
			"Kustomization b": {State: lifecycle.Ready, Satisfied: true, Revision: 1, Source: Ref{"GitRepository", "ns", "s"}},
			"GitRepository s": {State: lifecycle.Ready, Satisfied: true, Revision: 2},
		}, []string{"a > Kustomization/ns/b revision direct Kustomization/ns/a"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, rows := newTestCluster(t)
			kinds := map[string]map[string]any{"K": {}}
			for id, n := range tc.nodes {
				kind, name, _ := strings.Cut(id, " ")
				if kinds[kind] == nil {
					kinds[kind] = map[string]any{}
				}
				kinds[kind]["ns/"+name] = n
			}
			for kind, notes := range kinds {
				c.Replace(kind, notes)
			}
			if diff := cmp.Diff(tc.want, rows()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestChanges checks a waiting object while its dependencies are created, changed and deleted.
func TestChanges(t *testing.T) {
	c, rows := newTestCluster(t)
	want := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, rows()); diff != "" {
			t.Fatal(diff)
		}
	}
	c.Set("K", "ns/a", waiting("b"))
	want("a > K/ns/b unknown direct K/ns/a")
	c.Replace("K", map[string]any{"ns/a": waiting("b")})
	want("a > K/ns/b missing direct K/ns/a")
	c.Set("K", "ns/b", waiting("d"))
	want("a > K/ns/b missing indirect K/ns/b", "b > K/ns/d missing direct K/ns/b")
	c.Set("K", "ns/d", in(lifecycle.Failed))
	want("a > K/ns/b failed indirect K/ns/b", "b > K/ns/d failed direct K/ns/b")
	c.Set("K", "ns/d", in(lifecycle.Ready))
	c.Set("K", "ns/b", in(lifecycle.Progressing))
	want("a > K/ns/b progressing direct K/ns/a")
	c.Set("K", "ns/b", nil)
	want("a > K/ns/b missing direct K/ns/a")
	c.Replace("K", map[string]any{"ns/b": in(lifecycle.Ready)})
	want()
	c.Replace("K", nil)
	want()
}

// TestMissingSource checks a failing object while its source is deleted and created.
func TestMissingSource(t *testing.T) {
	c, rows := newTestCluster(t)
	want := func(want ...string) {
		t.Helper()
		got := slices.DeleteFunc(rows(), func(r string) bool { return !strings.Contains(r, "source=") })
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	failing := &Node{Target: "c", State: lifecycle.Failed, Trouble: &Trouble{From: Ref{"S", "ns", "s"}, Reason: "ArtifactFailed"}}
	c.Replace("K", map[string]any{"ns/a": failing})
	want() // the sources are unknown
	c.Replace("S", map[string]any{"ns/other": in(lifecycle.Ready)})
	want("a,source=S/ns/s,reason=ArtifactFailed")
	c.Set("S", "ns/s", in(lifecycle.Ready))
	want()
	c.Set("S", "ns/s", nil)
	want("a,source=S/ns/s,reason=ArtifactFailed")
	c.Set("K", "ns/a", in(lifecycle.Ready))
	want()
}
