// SPDX-License-Identifier: Apache-2.0
import Pipeline
import Requirements

/// One `axcert verify`: reads the files, answers property after property, writes what was asked for.
struct VerifySession {
  let command: VerifyCommand

  func run() throws -> RunReport {
    let start = ContinuousClock.now
    let startedAt = timestamp()
    let model = try LoadedModel(path: command.model)
    let properties = try PropertyFile(path: command.props, model: model)
    if command.vnncomp != nil, properties.kind != "vnnlib" {
      throw UserError(.usage, "--vnncomp takes a .vnnlib query, and '\(command.props)' is not one")
    }
    for path in [command.certificate, command.vnncomp] { try CertificateFiles.checkFolder(of: path) }
    let recorder = try recorderIfNeeded()
    let progress = ProgressLine(isQuiet: command.quiet || command.json, total: properties.requirements.count)
    let interrupt = Interrupt.install()
    var outcomes: [PropertyOutcome] = []
    defer { progress.finish() }
    for (index, (requirement, query)) in zip(properties.requirements, properties.queries).enumerated() {
      progress.begin(index, name: requirement.name)
      let verifier = Verifier(model, options: options(progress, interrupt))
      // The first property's time includes reading the files, so that a limit means what a user expects of it.
      outcomes.append(try verifier.verify(requirement, query, startedAt: index == 0 ? start : .now))
    }
    return try publish(outcomes, model, properties, recorder, startedAt, (ContinuousClock.now - start).seconds)
  }

  /// The competition's mode writes its file only, unless a store or a certificate is asked for.
  private func recorderIfNeeded() throws -> RunRecorder? {
    let keepsNothing = command.noStore || (command.vnncomp != nil && command.storeOptions.store == nil)
    if keepsNothing && command.certificate == nil { return nil }
    return try RunRecorder(storePath: command.storeOptions.store, keyName: command.key, keepsNothing: keepsNothing)
  }

  private func options(_ progress: ProgressLine, _ interrupt: Interrupt) -> VerificationOptions {
    var options = VerificationOptions()
    options.timeLimit = command.timeout.duration
    options.semantics = command.semantics
    options.threads = command.threads == 0 ? Environment.coreCount : command.threads
    options.seed = command.seed
    options.attack = command.attack == .on
    options.isCancelled = { interrupt.wasRaised }
    options.progress = { progress.update($0) }
    return options
  }

  private func publish(
    _ outcomes: [PropertyOutcome], _ model: LoadedModel, _ properties: PropertyFile, _ recorder: RunRecorder?,
    _ startedAt: String, _ seconds: Double
  ) throws -> RunReport {
    if let path = command.vnncomp, let outcome = outcomes.first {
      try VNNCOMPOutput.write(outcome, model: model, to: path)
    }
    let envelopes = try outcomes.map { try recorder?.envelope($0, model: model, at: startedAt) }
    let paths = try CertificateFiles.write(outcomes, envelopes, to: command.certificate)
    let run = try recorder?.record(
      outcomes, envelopes: envelopes, model: model, propertyFile: properties, options: describedOptions,
      startedAt: startedAt, seconds: seconds)
    return RunReport(
      model: model, propertyFile: properties, outcomes: outcomes, certificatePaths: paths,
      storePath: run == nil ? nil : recorder?.storePath, run: run, seconds: seconds)
  }

  private var describedOptions: String {
    let limit = command.timeout.duration.seconds
    return """
      {"attack":"\(command.attack.rawValue)","seed":\(command.seed),"semantics":"\(command.semantics.rawValue)",\
      "timeoutSeconds":\(limit)}
      """
  }
}
