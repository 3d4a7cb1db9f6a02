/* My work: the one place for a step's form moves below the row whose act was chosen. Without scripts the act is a link. */
(function () {
  "use strict";

  /* In the capture phase, so that the place stands there before htmx looks for it. */
  document.addEventListener("click", function (event) {
    const act = event.target.closest("[data-row-act]");
    const place = document.getElementById("step-form");
    if (!act || !place) return;
    place.replaceChildren();
    act.closest("li").append(place);
  }, true);
})();
