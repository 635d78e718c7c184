// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	jsonv1 "encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// client-go's discovery client is not used, because it adds the types of all of Kubernetes to the
// binary, and because it repeats all requests each time.

// discovered has the wanted resources that an API server serves and that can be listed and watched.
type discovered struct {
	// etag is the ETag of this state; the server answers 304 while it is valid.
	etag      string
	resources map[schema.GroupVersionKind]string
	wanted    map[schema.GroupKind]bool
}

// maxGroupVersions limits the number of requests of a discovery. Each is for one version of a group.
const maxGroupVersions = 200

func newDiscovered(etag string, wanted []Resource) discovered {
	d := discovered{etag: etag, resources: map[schema.GroupVersionKind]string{}, wanted: map[schema.GroupKind]bool{}}
	for _, r := range wanted {
		d.wanted[schema.GroupKind{Group: r.Group, Kind: r.Kind}] = true
	}
	return d
}

// aggregatedAccept requests all resources in one response, which servers support since Kubernetes
// 1.26; older ones return the list of groups.
const (
	aggregated       = "as=APIGroupDiscoveryList"
	aggregatedAccept = "application/json;g=apidiscovery.k8s.io;v=v2;" + aggregated +
		",application/json;g=apidiscovery.k8s.io;v=v2beta1;" + aggregated + ",application/json"
)

// aggregatedDiscovery has the required fields of an APIGroupDiscoveryList.
type aggregatedDiscovery struct {
	Items []struct {
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
		Versions []struct {
			Version   string `json:"version"`
			Freshness string `json:"freshness"`
			Resources []struct {
				Resource     string `json:"resource"`
				ResponseKind struct {
					Kind string `json:"kind"`
				} `json:"responseKind"`
				Verbs []string `json:"verbs"`
			} `json:"resources"`
		} `json:"versions"`
	} `json:"items"`
}

// discovery lists the served kinds, given an earlier result.
func (a *api) discovery(ctx context.Context, known discovered, wanted []Resource) (discovered, error) {
	answer, body, err := a.client.Read(ctx, fleet.Request{Path: "/apis", Accept: aggregatedAccept, ETag: known.etag}, fleet.MaxObject)
	switch {
	case err != nil:
		return known, err
	case body == nil:
		return known, nil // not modified
	case !strings.Contains(answer.Get("Content-Type"), aggregated):
		return a.legacyDiscovery(ctx, body, wanted)
	}
	var list aggregatedDiscovery
	if err := json.Unmarshal(body, &list, jsonOptions, utf8Options); err != nil {
		return known, fmt.Errorf("%w: %w", failure.ErrDecode, err)
	}
	d := newDiscovered(answer.Get("ETag"), wanted)
	for _, group := range list.Items {
		for _, v := range group.Versions {
			if v.Freshness == "Stale" && isWanted(wanted, group.Metadata.Name, v.Version) {
				return known, fmt.Errorf("the API server does not list the resources of %s/%s", group.Metadata.Name, v.Version)
			}
			for _, r := range v.Resources {
				d.add(schema.GroupVersionKind{Group: group.Metadata.Name, Version: v.Version, Kind: r.ResponseKind.Kind}, r.Resource, r.Verbs)
			}
		}
	}
	return d, nil
}

// legacyDiscovery requests each wanted group and version separately.
func (a *api) legacyDiscovery(ctx context.Context, groups []byte, wanted []Resource) (discovered, error) {
	var list metav1.APIGroupList
	if err := jsonv1.Unmarshal(groups, &list); err != nil {
		return discovered{}, fmt.Errorf("%w: %w", failure.ErrDecode, err)
	}
	d, asked := newDiscovered("", wanted), 0
	for _, g := range list.Groups {
		for _, v := range g.Versions {
			if !isWantedGroup(wanted, g.Name) {
				continue
			}
			if asked++; asked > maxGroupVersions {
				return discovered{}, fmt.Errorf("%w: more than %d versions of the groups that are watched", failure.ErrTooLarge, maxGroupVersions)
			}
			body, err := a.get(ctx, "/apis/"+v.GroupVersion, fleet.MaxObject)
			if apierrors.IsNotFound(err) {
				continue // removed a moment ago
			}
			if err != nil {
				return discovered{}, err
			}
			var resources metav1.APIResourceList
			if err := jsonv1.Unmarshal(body, &resources); err != nil {
				return discovered{}, fmt.Errorf("%s: %w: %w", v.GroupVersion, failure.ErrDecode, err)
			}
			for _, r := range resources.APIResources {
				d.add(schema.GroupVersionKind{Group: g.Name, Version: v.Version, Kind: r.Kind}, r.Name, r.Verbs)
			}
		}
	}
	return d, nil
}

func isWanted(wanted []Resource, group, version string) bool {
	return slices.ContainsFunc(wanted, func(r Resource) bool { return r.Group == group && slices.Contains(r.Versions, version) })
}

func isWantedGroup(wanted []Resource, group string) bool {
	return slices.ContainsFunc(wanted, func(r Resource) bool { return r.Group == group })
}

// versions returns the versions in which a kind is served, sorted.
func (d *discovered) versions(kind schema.GroupKind) []string {
	var all []string
	for gvk := range d.resources {
		if gvk.GroupKind() == kind {
			all = append(all, gvk.Version)
		}
	}
	slices.Sort(all)
	return all
}

// add notes a wanted resource that can be watched; a subresource, such as a scale,
// cannot.
func (d *discovered) add(gvk schema.GroupVersionKind, resource string, verbs []string) {
	if d.wanted[gvk.GroupKind()] && slices.Contains(verbs, "list") && slices.Contains(verbs, "watch") && !strings.Contains(resource, "/") {
		d.resources[gvk] = resource
	}
}
