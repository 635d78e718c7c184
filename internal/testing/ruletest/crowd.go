// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"sigs.k8s.io/yaml"
)

// crowdSize is the number of names of each kind.
const crowdSize = 160

// Crowd runs an exporter on a fleet in which many objects have the same names, in two
// clusters and two namespaces, each in another state.
func Crowd(ctx context.Context, dir string) (Fixture, error) {
	c := Case{Name: "crowd", sections: map[string]string{"more": ""}}
	text, err := readFixture("crowd.yaml")
	if err != nil {
		return Fixture{}, err
	}
	var kinds []struct {
		Kind, Like, Prefix string
		ClusterWide        bool
		All                object   // fields of all objects
		States             []object // an object without content does not exist
	}
	if err := yaml.Unmarshal(text, &kinds); err != nil {
		return Fixture{}, fmt.Errorf("crowd.yaml: %w", err)
	}
	random := rand.New(rand.NewPCG(1, 2)) // the same objects in each run
	for _, cluster := range []string{"a", "b"} {
		out := &strings.Builder{}
		for _, k := range kinds {
			for i := range crowdSize {
				for _, namespace := range []string{"one", "two"} {
					state := k.States[random.IntN(len(k.States))]
					if state == nil || k.ClusterWide && namespace == "two" {
						continue
					}
					o := merge(copied(state), copied(k.All))
					o["kind"], o["like"] = k.Kind, strings.ReplaceAll(k.Like, "$CLUSTER", cluster)
					o = merge(o, object{"metadata": object{"name": fmt.Sprintf("%s%d", cmp.Or(k.Prefix, "o"), i), "namespace": namespace}})
					if k.ClusterWide {
						o = merge(o, object{"metadata": object{"namespace": nil}})
					}
					text, err := json.Marshal(o)
					if err != nil {
						return Fixture{}, err
					}
					fmt.Fprintf(out, "\n---\n%s\n", strings.ReplaceAll(string(text), "$SOME", fmt.Sprintf("o%d", i%6)))
				}
			}
		}
		c.sections[cluster+".yaml"] = out.String()
		c.sections[cluster+".answers.yaml"] = "openbao/openbao/openbao-0/kv-v2-openstack-metadata-nowhere: {_status: 404, errors: []}\n"
	}
	rows, err := c.rows(ctx, dir, ruleMetrics())
	return Fixture{Case: c, Rows: rows}, err
}
