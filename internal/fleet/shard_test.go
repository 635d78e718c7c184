// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestOwnersNeverChange checks that the owners stay the same across versions; otherwise two exporters would watch a
// cluster, or none.
func TestOwnersNeverChange(t *testing.T) {
	t.Parallel()
	for cluster, want := range map[string][]int{ // by the number of shards, from 1
		"management":    {0, 0, 0, 0, 0, 0, 0, 7},
		"control-plane": {0, 1, 1, 1, 1, 1, 1, 1},
		"hypervisor":    {0, 0, 0, 3, 3, 3, 3, 3},
		"storage":       {0, 0, 2, 2, 4, 5, 5, 5},
		"eu-de-1.a_b":   {0, 0, 2, 2, 2, 2, 2, 2},
	} {
		var got []int
		for n := 1; n <= 8; n++ {
			got = append(got, OwnerOf(cluster, n))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: %v, want %v", cluster, got, want)
		}
	}
}

const names = 1000

func nameOf(i int) string { return fmt.Sprintf("cluster-%03d", i) }

// TestOwnersMoveToTheNewShardOnly checks that about one of n+1 clusters moves, and only to the new shard.
func TestOwnersMoveToTheNewShardOnly(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 20; n++ {
		moved := 0
		for i := range names {
			before, after := OwnerOf(nameOf(i), n), OwnerOf(nameOf(i), n+1)
			if before == after {
				continue
			}
			if moved++; after != n {
				t.Errorf("%s moves from %d to %d of %d shards", nameOf(i), before, after, n+1)
			}
		}
		// The difference is within five standard deviations of a fair draw.
		if want := float64(names) / float64(n+1); float64(moved) < want*0.5-5 || float64(moved) > want*1.5+20 {
			t.Errorf("from %d to %d shards %d of %d clusters move, want about %.0f", n, n+1, moved, names, want)
		}
	}
}

// TestShardsShareAFleetFairly checks the sizes of shards, and that each cluster has one owner.
func TestShardsShareAFleetFairly(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 20; n++ {
		owned := make([]int, n)
		for i := range names {
			owners := 0
			for s := range n {
				if (Shard{Index: s, Count: n}).Owns(nameOf(i)) {
					owners++
					owned[s]++
				}
			}
			if owners != 1 {
				t.Fatalf("%s has %d owners", nameOf(i), owners)
			}
		}
		for s, got := range owned {
			if want := float64(names) / float64(n); float64(got) < want*0.5 || float64(got) > want*1.5 {
				t.Errorf("shard %d of %d owns %d of %d clusters, want about %.0f", s, n, got, names, want)
			}
		}
	}
}

func TestUndividedFleet(t *testing.T) {
	t.Parallel()
	if s := (Shard{}); s.Divided() || !s.Owns("management") {
		t.Error("the zero value is not all of the fleet")
	}
	if s := (Shard{Count: 1}); !s.Divided() || !s.Owns("management") {
		t.Error("one shard is not all of the fleet")
	}
}

func TestParseShard(t *testing.T) {
	t.Parallel()
	const form = "use i/n, such as 0/3 for the first of three, or auto/n"
	for text, tc := range map[string]struct {
		host  string
		want  Shard
		wrong string // is part of the error
	}{
		"0/1":                     {want: Shard{0, 1}},
		"2/3":                     {want: Shard{2, 3}},
		"999/1000":                {want: Shard{999, 1000}},
		"auto/3":                  {host: "cobaltcore-exporter-2", want: Shard{2, 3}},
		"auto/4":                  {host: "exporter-2-0.exporter.monitoring.svc", want: Shard{0, 4}},
		"auto/1":                  {host: "laptop", wrong: `the host name "laptop" does not end in an ordinal`},
		"auto/2":                  {host: "exporter-2", wrong: `there is no shard 2 (from the host name "exporter-2"): of 2 shards, the first is 0 and the last 1`},
		"auto/5":                  {wrong: "host name: unknown"},
		"auto/6":                  {host: "web-99999999999999999999", wrong: form},
		"3/3":                     {wrong: "there is no shard 3: of 3 shards, the first is 0 and the last 2"},
		"0/0":                     {wrong: "the number of shards must be between 1 and 1000"},
		"0/1001":                  {wrong: "the number of shards must be between 1 and 1000"},
		"":                        {wrong: form},
		"1":                       {wrong: form},
		"/3":                      {wrong: form},
		"1/":                      {wrong: form},
		"-1/3":                    {wrong: form},
		"+1/3":                    {wrong: form},
		"1/-3":                    {wrong: form},
		"1/3/5":                   {wrong: form},
		" 1/3":                    {wrong: form},
		"one/3":                   {wrong: form},
		"auto":                    {wrong: form},
		"0/999999999999999999999": {wrong: form},
	} {
		got, err := ParseShard(text, func() (string, error) {
			if tc.host == "" {
				return "", errors.New("unknown")
			}
			return tc.host, nil
		})
		switch {
		case tc.wrong == "" && (err != nil || got != tc.want):
			t.Errorf("%q: %v %v, want %v", text, got, err, tc.want)
		case tc.wrong != "" && (err == nil || !strings.Contains(err.Error(), tc.wrong) || got != Shard{}):
			t.Errorf("%q: %v %v, want an error with %q", text, got, err, tc.wrong)
		}
	}
}

func BenchmarkOwnerOf(b *testing.B) {
	for b.Loop() {
		OwnerOf("control-plane", 10)
	}
}
