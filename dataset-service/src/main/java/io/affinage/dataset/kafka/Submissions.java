package io.affinage.dataset.kafka;

import io.affinage.dataset.config.DatasetConfig;
import io.affinage.events.Topics;
import io.affinage.service.kafka.Followed;
import io.affinage.service.work.HeldBackReaders;
import io.affinage.service.work.ShortWork;
import io.affinage.service.work.WorkConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;

/**
 * Takes submissions from their topic: see {@link SubmissionWork} for what is done and {@link
 * ShortWork} for how.
 */
@Singleton
class Submissions implements Followed {
  private final CatalogView view;
  private final ShortWork work;
  private final HeldBackReaders readers;

  Submissions(
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      DatasetConfig config,
      WorkConfig workConfig,
      CatalogView view,
      SubmissionWork handler,
      MeterRegistry meters) {
    this.view = view;
    this.work =
        new ShortWork(
            "dataset-service",
            Topics.DATASET_SUBMITTED,
            connection,
            workConfig,
            config.smallConcurrency(),
            config.concurrency(),
            handler,
            meters);
    this.readers =
        new HeldBackReaders(
            List.of(Topics.FILE_UPLOADED, Topics.DATASET_READY, Topics.DATASET_REJECTED),
            connection,
            meters);
  }

  void start(@Observes StartupEvent event) {
    view.loaded()
        .thenRun(
            () -> {
              work.start();
              readers.start();
            });
  }

  @Override
  public List<ShortWork> readers() {
    return List.of(work);
  }

  @PreDestroy
  void stop() {
    readers.close();
    work.close();
  }
}
