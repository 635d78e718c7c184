// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// maxStatus limits the responses of /version and /readyz, which have less than 4 KiB. These are the first requests to a server: with
// [fleet.MaxObject], 32 hostile servers that answered in chunks of one byte took 360 MiB and all CPU.
const maxStatus = 64 << 10

// api is the API server of a cluster, with the result of the last discovery.
type api struct {
	client     *fleet.Client
	discovered discovered
}

// connect returns the API server of a cluster, with one connection for all watches.
func connect(c fleet.Cluster, buffers *fleet.Buffers) *api {
	// WatchList streams are not compressed before Kubernetes 1.37, so they are used for clusters nearby. For the LIST of a
	// distant cluster, compression is worth the CPU time.
	return &api{client: fleet.NewClient(c, fleet.ClientOptions{Pinned: true, DisableCompression: c.WatchList, Buffers: buffers})}
}

// servedKinds has the result of a discovery for the watched kinds.
type servedKinds struct {
	serverVersion string
	// kinds has the best served version and the resource name.
	kinds map[schema.GroupKind]servedKind
	// unsupported has the served versions of the kinds that are served only in unsupported versions.
	unsupported map[schema.GroupKind][]string
}

type servedKind struct{ version, resource string }

// discover requests the version of the server and its kinds. It is the probe that decides whether a cluster is up.
func (a *api) discover(ctx context.Context, timeout time.Duration, resources []Resource) (servedKinds, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	info, err := a.readVersion(ctx)
	if err != nil {
		return servedKinds{}, fmt.Errorf("get server version: %w", err)
	}
	if a.discovered, err = a.discovery(ctx, a.discovered, resources); err != nil {
		return servedKinds{}, fmt.Errorf("discover kinds: %w", err)
	}
	s := servedKinds{serverVersion: info.GitVersion, kinds: map[schema.GroupKind]servedKind{}}
	for _, r := range resources {
		gk := schema.GroupKind{Group: r.Group, Kind: r.Kind}
		for _, v := range r.Versions {
			gvk := schema.GroupVersionKind{Group: r.Group, Version: v, Kind: r.Kind}
			if name, ok := a.discovered.resources[gvk]; ok {
				s.kinds[gk] = servedKind{version: v, resource: name}
				break
			}
		}
		if _, ok := s.kinds[gk]; !ok {
			if versions := a.discovered.versions(gk); len(versions) > 0 {
				if s.unsupported == nil {
					s.unsupported = map[schema.GroupKind][]string{}
				}
				s.unsupported[gk] = versions
			}
		}
	}
	if len(s.kinds) < len(resources) {
		if err := a.checkComplete(ctx); err != nil {
			return servedKinds{}, err
		}
	}
	return s, nil
}

// checkComplete returns an error while the API server is starting. It then already responds to discovery, but custom
// resources are still missing.
func (a *api) checkComplete(ctx context.Context) error {
	_, err := a.get(ctx, "/readyz", maxStatus)
	if err == nil || apierrors.IsForbidden(err) || apierrors.IsNotFound(err) || apierrors.IsUnauthorized(err) {
		return nil // ready, or not readable
	}
	return fmt.Errorf("get /readyz: %w", err)
}

func (a *api) readVersion(ctx context.Context) (version.Info, error) {
	var info version.Info
	body, err := a.get(ctx, "/version", maxStatus)
	if err != nil {
		return info, err
	}
	if err := json.Unmarshal(body, &info, jsonOptions, utf8Options); err != nil {
		return info, fmt.Errorf("%w: %w", failure.ErrDecode, err)
	}
	return info, nil
}

// readUID returns the UID of the namespace kube-system, which identifies the cluster. It is empty if the exporter has no
// permission to read it. answered is false if the request should be repeated.
func (a *api) readUID(ctx context.Context, timeout time.Duration) (uid string, answered bool) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	body, err := a.get(ctx, "/api/v1/namespaces/kube-system", fleet.MaxObject)
	if err != nil {
		return "", apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsNotFound(err)
	}
	var namespace Object
	if err := json.Unmarshal(body, &namespace, jsonOptions, utf8Options); err != nil {
		return "", true // not a response of an API server
	}
	return namespace.Metadata.UID, true
}

// get returns the body of path, which has at most limit bytes.
func (a *api) get(ctx context.Context, path string, limit int) ([]byte, error) {
	_, body, err := a.client.Read(ctx, fleet.Request{Path: path}, limit)
	return body, err
}

// openList opens a LIST, or a WATCH, of a resource.
func (a *api) openList(ctx context.Context, group string, as servedKind, o metav1.ListOptions) (io.ReadCloser, error) {
	query, err := metav1.ParameterCodec.EncodeParameters(&o, schema.GroupVersion{Version: "v1"})
	if err != nil {
		return nil, err
	}
	return a.client.Stream(ctx, fleet.Request{
		Path: "/apis/" + group + "/" + as.version + "/" + as.resource, Query: query, Resource: as.resource,
	})
}
