package io.affinage.dataset.kafka;

import io.affinage.dataset.catalog.Catalog;
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.EventFactory;
import io.affinage.events.FileUploaded;
import io.affinage.events.Topics;
import io.affinage.service.work.SharedTransactions;
import io.affinage.service.work.TransactionalIds;
import io.affinage.service.work.TransactionalProducer;
import io.affinage.service.work.WorkConfig;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Makes uploads and deletions known to every instance. */
@Singleton
public class Uploads {
  private final SharedTransactions transactions;
  private final EventFactory events;
  private final Catalog catalog;

  Uploads(
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      WorkConfig work,
      EventFactory events,
      Catalog catalog) {
    this.transactions =
        new SharedTransactions(
            new TransactionalProducer(
                connection,
                TransactionalIds.of("dataset-service-uploads", work.instance()),
                work.transactionTimeout()));
    this.events = events;
    this.catalog = catalog;
  }

  /**
   * Announces the file and hands it in as a dataset, both or neither.
   *
   * @param name the dataset's name
   * @throws org.apache.kafka.common.KafkaException when the broker does not take it
   */
  public void announce(FileUploaded file, String name) {
    DatasetSubmitted submitted =
        new DatasetSubmitted(
            file.fileId(),
            name,
            new DatasetSource.Stored(file.artifact(), file.filename(), null, null),
            DatasetFormat.AUTO,
            DatasetLayout.AUTO,
            null,
            false,
            null);
    transactions.write(
        List.of(
            OutgoingRecords.event(Topics.FILE_UPLOADED, events.create(file)),
            OutgoingRecords.event(Topics.DATASET_SUBMITTED, events.create(submitted))));
    catalog.apply(file, Instant.ofEpochSecond(file.createdAt()));
  }

  /**
   * Hands in a dataset that was asked for over HTTP.
   *
   * @throws org.apache.kafka.common.KafkaException when the broker does not take it
   */
  public void submit(DatasetSubmitted submitted) {
    transactions.write(
        List.of(OutgoingRecords.event(Topics.DATASET_SUBMITTED, events.create(submitted))));
  }

  /** Deletes a file and what its ingestion gave; models trained on it stay. */
  public void delete(String fileId) {
    transactions.write(
        List.of(
            OutgoingRecords.tombstone(Topics.FILE_UPLOADED, fileId),
            OutgoingRecords.tombstone(Topics.DATASET_READY, fileId),
            OutgoingRecords.tombstone(Topics.DATASET_REJECTED, fileId)));
    catalog.remove(Topics.FILE_UPLOADED, fileId);
    catalog.remove(Topics.DATASET_READY, fileId);
    catalog.remove(Topics.DATASET_REJECTED, fileId);
  }

  @PreDestroy
  void close() {
    transactions.close();
  }
}
