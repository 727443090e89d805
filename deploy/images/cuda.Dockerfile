# A service's image for NVIDIA GPUs: its ordinary image, with pip's build of libtorch beside it. DJL publishes no
# libtorch for CUDA of this version on Maven Central, but loads pip's, whose version must be the one in pom.xml.
#
#   docker build -f deploy/images/cuda.Dockerfile \
#     --build-arg SERVICE_IMAGE=registry.example.com/affinage/trainer-service:0.1.0-SNAPSHOT \
#     -t registry.example.com/affinage/trainer-service:0.1.0-SNAPSHOT-cuda deploy/images
#
# The node needs the driver and NVIDIA's container toolkit, which puts libcuda.so.1 into the container.
ARG SERVICE_IMAGE
ARG PYTHON_IMAGE=python:3.12-slim

FROM ${PYTHON_IMAGE} AS torch
ARG TORCH_VERSION=2.7.1
RUN pip install --no-cache-dir --no-compile --target /opt/pip "torch==${TORCH_VERSION}" \
  # What libtorch links to, in the places relative to each other that its run path names.
  && mkdir -p /opt/libtorch/torch \
  && mv /opt/pip/torch/lib /opt/libtorch/torch/lib \
  && mv /opt/pip/nvidia /opt/pip/cusparselt /opt/libtorch/ \
  && rm /opt/libtorch/torch/lib/libtorch_python.so \
  # DJL counts GPUs through the runtime's library, which it looks for under this name.
  && ln -s libcudart.so.12 /opt/libtorch/nvidia/cuda_runtime/lib/libcudart.so

FROM ${SERVICE_IMAGE}
COPY --from=torch /opt/libtorch /opt/libtorch
# The flavor names the JNI library that DJL takes from its own jar.
ENV PYTORCH_LIBRARY_PATH=/opt/libtorch/torch/lib \
    PYTORCH_VERSION=2.7.1 \
    PYTORCH_FLAVOR=cu128 \
    LD_LIBRARY_PATH=/opt/libtorch/nvidia/cuda_runtime/lib
