"""Makes src/test/resources/objectives/bradley-terry.json: the loss of TRL's RewardTrainer (margins, center_rewards_coefficient) on given scores, and its
gradients by autograd.
usage: bradley_terry_fixture.py OUT_FILE   (needs torch; checked with trl 1.16.0)"""
import json, sys
import torch
import torch.nn.functional as F

torch.manual_seed(3)
cases = []
for centering, margins in ((0.0, False), (0.0, True), (0.01, False), (0.3, True)):
    chosen = (torch.randn(5, dtype=torch.float64) * 3).requires_grad_()
    rejected = (torch.randn(5, dtype=torch.float64) * 3).requires_grad_()
    margin = torch.rand(5, dtype=torch.float64) * 2 if margins else torch.zeros(5, dtype=torch.float64)
    loss = -F.logsigmoid(chosen - rejected - margin).mean()
    if centering:
        loss = loss + centering * torch.mean((chosen + rejected) ** 2)
    loss.backward()
    cases.append(dict(centering=centering, margins=margin.tolist() if margins else None, chosen=chosen.tolist(), rejected=rejected.tolist(),
                      loss=loss.item(), chosen_gradient=chosen.grad.tolist(), rejected_gradient=rejected.grad.tolist(),
                      accuracy=(chosen > rejected).double().mean().item(), margin=(chosen - rejected).mean().item()))
with open(sys.argv[1], "w") as file:
    json.dump(dict(made_with=dict(torch=torch.__version__), cases=cases), file, indent=1)
    file.write("\n")
