// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// podsFile is the file with the pods of a cluster in a snapshot.
const podsFile = "pod.json"

// writePods writes a list of pods, one per line.
func writePods(file string, pods []*pod, labels []string) error {
	shape, err := snapshot.NewShapes(nil).ForType(reflect.TypeFor[pod]())
	if err != nil {
		return err
	}
	_, failure, err := snapshot.WriteList(file, "v1", "Pod", func(l *snapshot.List) error {
		for _, p := range pods {
			object, err := json.Marshal(p.snapshotFields(labels), json.OmitZeroStructFields(true), json.Deterministic(true))
			if err != nil {
				return err
			}
			if object, err = shape.KeepObject("v1", "Pod", object); err != nil { // no URL with a password
				return err
			}
			if err := l.Add(object); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(failure, err)
}

// snapshotFields returns a pod with only the fields of its rows. Fields for its scrape are left out, because its metrics
// are in the snapshot.
func (p *pod) snapshotFields(labels []string) pod {
	var k pod
	k.Metadata.Namespace, k.Metadata.Name, k.Metadata.Created = p.Metadata.Namespace, p.Metadata.Name, p.Metadata.Created
	k.Metadata.Labels = maps.Clone(p.Metadata.Labels)
	maps.DeleteFunc(k.Metadata.Labels, func(name, _ string) bool { return name != hashLabel && !slices.Contains(labels, name) })
	k.Metadata.Owners = slices.DeleteFunc(slices.Clone(p.Metadata.Owners), func(o podOwner) bool { return !o.Controller })
	if main := p.mainContainer(); main.Image != "" {
		k.Spec.Containers = []podContainer{{Image: main.Image}}
	}
	if p.hasEnded() {
		k.Status.Phase = p.Status.Phase
		return k
	}
	if ready, _ := p.condition("Ready"); ready == "True" {
		k.Status.Conditions = append(k.Status.Conditions, podCondition{Type: "Ready", Status: ready})
	}
	if scheduled, reason := p.condition("PodScheduled"); scheduled == "False" {
		k.Status.Conditions = append(k.Status.Conditions, podCondition{Type: "PodScheduled", Status: scheduled, Reason: oneOf(reason, waitingReasons())})
	}
	for _, c := range p.Status.InitContainers {
		if c.State.Waiting != nil {
			k.Status.InitContainers = append(k.Status.InitContainers, containerStatus{State: c.State.snapshotFields()})
		}
	}
	for _, c := range p.Status.Containers {
		k.Status.Containers = append(k.Status.Containers, containerStatus{
			RestartCount: c.RestartCount, State: c.State.snapshotFields(), LastState: c.LastState.snapshotFields(),
		})
	}
	return k
}

// snapshotFields returns the state with only the reasons that rows use, because others may be any text.
func (s containerState) snapshotFields() containerState {
	var k containerState
	if w := s.Waiting; w != nil {
		k.Waiting = &containerWaiting{Reason: oneOf(w.Reason, waitingReasons())}
	}
	if t := s.Terminated; t != nil {
		k.Terminated = &containerTerminated{Reason: oneOf(t.Reason, restartReasons()), Finished: t.Finished}
	}
	return k
}
